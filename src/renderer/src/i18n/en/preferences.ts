export const preferences = {
  title: 'Preferences',
  theme: 'Theme',
  themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
  language: 'Language',
  exportFolder: 'Export folder',
  askEachTime: 'Ask each time',
  recent: 'Recent files',
  clearRecent: 'Clear list',
  aboutText: 'From an ONNX file to the fastest engine this machine can run, with proof that its masks are still right.',
} as const;
