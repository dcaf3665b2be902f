/** Names on the wire between preload and main; the page never sees them. */
export const channels = {
  connect: 'studio:connect',
  port: 'studio:port',
  choosePictures: 'dialog:pictures',
  choosePictureFolder: 'dialog:picture-folder',
  chooseModel: 'dialog:model',
  chooseExportFolder: 'dialog:export-folder',
  grant: 'files:grant',
  reveal: 'files:reveal',
  openExternal: 'system:open-external',
  setTheme: 'system:theme',
  command: 'window:command',
  hostState: 'host:state',
  restartHost: 'host:restart',
} as const;
