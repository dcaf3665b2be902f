import type { FileChooser, Page, TestInfo } from '@playwright/test';
import { _electron, chromium, test as base } from '@playwright/test';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { hostPidBelow } from './processes';

export interface StudioOptions {
  shell: 'electron' | 'chromium';
  /** Interface language, as the system would ask for it. */
  language: string;
  /** Further arguments of the browser, such as a camera that is none. */
  browserArguments: readonly string[];
  /** Variables that the studio sees beside those of every test. */
  environment: Readonly<Record<string, string>>;
  /** Whether the studio may find the sample model's graph as an earlier test left it. */
  keepsGraphs: boolean;
  /** Folders that a browser's studio is started with; on the desktop they are picked in dialogs. */
  folders: readonly string[];
  /**
   * Whether a test takes the studio of the test before it in the same file, with its page loaded anew: for tests that
   * leave nothing behind but pictures. What is set up once in a file's studio is there for its later tests.
   */
  sharesStudio: boolean;
}

/** A studio of its own, with no past, in one of the two shells. */
export interface Studio {
  readonly page: Page;
  readonly shell: StudioOptions['shell'];
  /** Holds this test's settings and model library; gone afterwards. */
  readonly dataDirectory: string;
  /** Waits until the first mask is drawn. */
  ready(): Promise<void>;
  /** Process id of the engine host that serves this window. */
  hostPid(): Promise<number>;
  /** Drops files or folders from the file manager on the middle of the window. */
  drop(paths: readonly string[]): Promise<void>;
  /** The answer to every dialog that asks for a folder. */
  answerFolderDialogs(folder: string): Promise<void>;
  /** What went wrong in the page so far: exceptions and console errors. */
  readonly problems: readonly string[];
}

interface Opened {
  readonly file: string;
  readonly studio: Studio;
  readonly page: Page;
  readonly problems: string[];
  close(): Promise<void>;
}

interface OpenShell {
  readonly page: Page;
  /** Of the process that started the engine host. */
  readonly pid: number;
  answerFolderDialogs(folder: string): Promise<void>;
  close(): Promise<void>;
}

const root = resolve(__dirname, '..');
const viewport = { width: 1440, height: 900 };
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

export const test = base.extend<StudioOptions & { studio: Studio }, { shelf: { kept: Opened | null } }>({
  shell: ['chromium', { option: true }],
  language: ['en-US', { option: true }],
  browserArguments: [[], { option: true }],
  environment: [{}, { option: true }],
  keepsGraphs: [true, { option: true }],
  folders: [[], { option: true }],
  sharesStudio: [false, { option: true }],
  // A test that fails takes its worker with it, and so the studio it has spoilt.
  shelf: [
    async ({}, use) => {
      const shelf: { kept: Opened | null } = { kept: null };
      await use(shelf);
      await shelf.kept?.close();
    },
    { scope: 'worker' },
  ],
  studio: async (
    { shelf, sharesStudio, shell, language, browserArguments, environment, keepsGraphs, folders },
    use,
    testInfo,
  ) => {
    const options = { shell, language, browserArguments, environment, keepsGraphs, folders };
    const { kept } = shelf;
    const isShared = sharesStudio && kept?.file === testInfo.file;
    if (kept !== null && !isShared) await kept.close();
    const opened = isShared ? await loadAnew(kept) : await openStudio(options, testInfo);
    shelf.kept = opened;
    await use(opened.studio);
    if (testInfo.status !== testInfo.expectedStatus) await attachState(opened.page, testInfo);
    if (sharesStudio) return;
    shelf.kept = null;
    await opened.close();
  },
});

async function openStudio(options: Omit<StudioOptions, 'sharesStudio'>, testInfo: TestInfo): Promise<Opened> {
  const { shell, language, browserArguments, environment, keepsGraphs, folders } = options;
  const dataDirectory = await mkdtemp(join(tmpdir(), 'maskforge-e2e-'));
  // Playwright empties this folder before it runs.
  const graphs = join(testInfo.project.outputDir, 'studio');
  if (keepsGraphs) await copyGraphs(graphs, dataDirectory);
  const open = shell === 'electron' ? openElectron : openChromium;
  const opened = await open(dataDirectory, language, browserArguments, environment, folders);
  const { page } = opened;
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  const studio: Studio = {
    page,
    shell,
    dataDirectory,
    problems,
    ready: () => page.locator('html[data-state="ready"]').waitFor({ timeout: 60_000 }),
    hostPid: () => hostPidBelow(opened.pid),
    drop: (paths) => dropFiles(page, paths),
    answerFolderDialogs: (folder) => opened.answerFolderDialogs(folder),
  };
  const close = async (): Promise<void> => {
    await opened.close();
    if (keepsGraphs && !existsSync(graphs)) await copyGraphs(dataDirectory, graphs);
    await rm(dataDirectory, { recursive: true, force: true });
  };
  return { file: testInfo.file, studio, page, problems, close };
}

/** The same program and library, but a window that knows nothing of what was in it. */
async function loadAnew(opened: Opened): Promise<Opened> {
  await opened.page.evaluate(() => localStorage.clear());
  await opened.page.reload();
  opened.problems.length = 0;
  return opened;
}

/** The sample model's graph as ONNX Runtime optimised it: a second that not every test need spend. */
async function copyGraphs(from: string, to: string): Promise<void> {
  const folder = join('cache', 'graphs');
  const names = await readdir(join(from, folder)).catch(() => []);
  for (const name of names.filter((each) => each.endsWith('.onnx'))) {
    await cp(join(from, folder, name), join(to, folder, name), { preserveTimestamps: true });
  }
}

export { expect } from '@playwright/test';

type Variables = Readonly<Record<string, string>>;

async function openElectron(
  dataDirectory: string,
  language: string,
  more: readonly string[],
  variables: Variables,
): Promise<OpenShell> {
  const executablePath = process.env['ELECTRON_EXEC_PATH'];
  if (executablePath === undefined) throw new Error('ELECTRON_EXEC_PATH names no Electron; use npm test');
  const app = await _electron.launch({
    executablePath,
    args: [...sandbox, `--lang=${language}`, ...more, root],
    env: { ...systemEnvironment(), ...variables, MASKFORGE_HOME: dataDirectory },
  });
  const page = await app.firstWindow();
  const answerFolderDialogs = (folder: string): Promise<void> =>
    app.evaluate(({ dialog }, chosen) => {
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] });
    }, folder);
  return { page, pid: app.process().pid ?? 0, answerFolderDialogs, close: () => app.close() };
}

async function openChromium(
  dataDirectory: string,
  language: string,
  more: readonly string[],
  variables: Variables,
  folders: readonly string[],
): Promise<OpenShell> {
  const server = spawn(process.execPath, [join(root, 'out', 'server', 'server.cjs'), ...folders], {
    env: { ...systemEnvironment(), ...variables, MASKFORGE_HOME: dataDirectory },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((done) => server.once('exit', done));
  const url = await firstLine(server.stdout);
  const executablePath = process.env['MASKFORGE_CHROMIUM'];
  const browser = await chromium.launch({
    args: [...sandbox, '--disable-background-networking', '--disable-component-update', '--disable-sync', ...more],
    ...(executablePath === undefined ? { channel: 'chrome' } : { executablePath }),
  });
  const page = await browser.newPage({ viewport, locale: language, acceptDownloads: true });
  await page.goto(url);
  const close = async (): Promise<void> => {
    await browser.close();
    server.kill('SIGTERM');
    await ended;
  };
  let folder: string | null = null;
  const answerFolderDialogs = async (chosen: string): Promise<void> => {
    // Files are chosen by the tests themselves.
    if (folder === null) page.on('filechooser', (chooser) => void answer(chooser));
    folder = chosen;
  };
  const answer = async (chooser: FileChooser): Promise<void> => {
    const isFolder = await chooser.element().evaluate((input: HTMLInputElement) => input.webkitdirectory);
    if (isFolder && folder !== null) await chooser.setFiles(folder);
  };
  return { page, pid: server.pid ?? 0, answerFolderDialogs, close };
}

/** Without what would have the studio find somebody's tokens or settings. */
function systemEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(([name]) => !/^(HF_|MASKFORGE_|ELECTRON_RUN_AS_NODE)/.test(name));
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  return new Promise((done, fail) => {
    let text = '';
    stream.on('data', (chunk) => {
      text += String(chunk);
      if (text.includes('\n')) done(text.split('\n')[0] ?? '');
    });
    stream.on('end', () => fail(new Error('the server ended before it printed its address')));
  });
}

/** As the browser's own drag and drop does it, so that the page gets real files, and the desktop their paths. */
async function dropFiles(page: Page, paths: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const size = await page.evaluate(() => ({ x: window.innerWidth / 2, y: window.innerHeight / 2 }));
  const data = { items: [], files: paths.map((path) => resolve(path)), dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, ...size, data });
  }
  await session.detach();
}

async function attachState(page: Page, testInfo: { attach(name: string, what: object): Promise<void> }): Promise<void> {
  const body = await page
    .locator('body')
    .innerText({ timeout: 2_000 })
    .catch(() => 'the page does not answer');
  await testInfo.attach('text on the screen', { body, contentType: 'text/plain' });
}
