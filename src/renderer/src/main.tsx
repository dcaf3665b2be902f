import './forbid-eval';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/base.css';
import './i18n/i18n';
import { App } from './frame/app';
import { start } from './actions/start';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

start();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
