/** Words of the application menu; everything else that a user reads stands in the window. */
export interface MenuLabels {
  readonly file: string;
  readonly openPictures: string;
  readonly openFolder: string;
  readonly openModel: string;
  readonly segmentFolder: string;
  readonly export: string;
  readonly preferences: string;
  readonly edit: string;
  readonly view: string;
  readonly window: string;
  readonly help: string;
  readonly shortcuts: string;
}

const english: MenuLabels = {
  file: '&File',
  openPictures: 'Open Pictures…',
  openFolder: 'Open Folder…',
  openModel: 'Open Model…',
  segmentFolder: 'Segment a Folder…',
  export: 'Export…',
  preferences: 'Preferences…',
  edit: '&Edit',
  view: '&View',
  window: '&Window',
  help: '&Help',
  shortcuts: 'Keyboard Shortcuts',
};

const chinese: MenuLabels = {
  file: '文件(&F)',
  openPictures: '打开图片…',
  openFolder: '打开文件夹…',
  openModel: '打开模型…',
  segmentFolder: '分割文件夹…',
  export: '导出…',
  preferences: '偏好设置…',
  edit: '编辑(&E)',
  view: '视图(&V)',
  window: '窗口(&W)',
  help: '帮助(&H)',
  shortcuts: '键盘快捷键',
};

/**
 * @param language as the settings have it
 * @param systemLocale for `system`, for example `zh-CN`
 */
export function menuLabels(language: 'system' | 'en' | 'zh-CN', systemLocale: string): MenuLabels {
  const wanted = language === 'system' ? systemLocale : language;
  return /^zh\b/i.test(wanted) ? chinese : english;
}
