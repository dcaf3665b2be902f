import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Where the studio keeps its settings, model library and downloads: one place for all shells, so that a model added in
 * the window is there in the terminal. MASKFORGE_HOME names another.
 */
export function dataDirectory(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  const chosen = env.MASKFORGE_HOME;
  if (chosen) return resolve(chosen);
  if (platform === 'win32') return join(env.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'Maskforge');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Maskforge');
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'maskforge');
}
