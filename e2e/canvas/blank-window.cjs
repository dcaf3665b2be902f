// An Electron program that is nothing but a window, for specs that bring their own page.
const { app, BrowserWindow } = require('electron');

app.on('ready', () => {
  const window = new BrowserWindow({ width: 640, height: 480 });
  window.loadURL('about:blank');
});
