import './forbid-eval';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/base.css';
import './i18n/i18n';
import { App } from './frame/app';
import { listenToShell } from './frame/shell-commands';
import { start } from './actions/start';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

// Files to open come as soon as the window is connected.
listenToShell();
start();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
