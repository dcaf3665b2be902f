import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { AppError } from '../../shared/app-error';

type Environment = Readonly<Record<string, string | undefined>>;

/** What is known of how to get it, by platform. */
const remedies: Readonly<Record<string, string>> = {
  linux: 'Install it with the system’s package manager, for example: sudo apt install ffmpeg',
  darwin: 'Install it, for example with: brew install ffmpeg',
  win32: 'Install it, for example with: winget install ffmpeg',
};

/**
 * The path of `ffmpeg` or `ffprobe`: what MASKFORGE_FFMPEG or MASKFORGE_FFPROBE names, else the first on the PATH.
 * @throws AppError VIDEO_NO_FFMPEG with how to get it
 */
export function findTool(tool: 'ffmpeg' | 'ffprobe', env: Environment): string {
  const variable = `MASKFORGE_${tool.toUpperCase()}`;
  const named = env[variable];
  const file = process.platform === 'win32' ? `${tool}.exe` : tool;
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = named !== undefined && named !== '' ? [named] : folders.map((folder) => join(folder, file));
  const found = candidates.find(isProgram);
  if (found !== undefined) return found;
  const remedy = remedies[process.platform] ?? 'Get it from ffmpeg.org.';
  throw new AppError('VIDEO_NO_FFMPEG', `${tool} was not found (looked in ${named ?? 'the folders of PATH'}).`, {
    hint: `${remedy}. Or set ${variable} to where it lies.`,
    details: { tool },
  });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface ToolOutput {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a tool that prints little. A signal that is aborted ends it. */
export function runTool(path: string, args: readonly string[], signal: AbortSignal): Promise<ToolOutput> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr = lastLines(stderr + String(chunk))));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Of a tool's complaints the last ones count. */
export function lastLines(text: string): string {
  return text.length > 4000 ? text.slice(-4000) : text;
}
