// What the operating system has, and how to get what it lacks.
import { existsSync } from 'node:fs';
import { say } from './paths.mjs';
import { run, tail, which } from './process.mjs';

/** Debian and Ubuntu packages by what they are for. */
export const debianPackages = {
  /** Shared libraries of Electron and Chromium. */
  electron: [
    ...['libgtk-3-0', 'libnss3', 'libgbm1', 'libasound2', 'libxss1', 'libxtst6', 'libatk-bridge2.0-0', 'libdrm2'],
    ...['libxkbcommon0', 'libcups2', 'fonts-dejavu-core'],
  ],
  /** A display for machines without one. */
  display: ['xvfb', 'xauth'],
  browser: ['chromium', 'fonts-dejavu-core'],
  /** Letters of the Chinese interface, for screenshots. */
  fonts: ['fonts-noto-cjk'],
  python: ['python3', 'python3-pip', 'python3-venv'],
  /** What builds the native half, and GoogleTest for its tests. */
  compilers: ['g++', 'cmake', 'ninja-build'],
  googleTest: ['libgtest-dev'],
  /** Decodes the JPEGs of a batch where it is there. */
  jpeg: ['libturbojpeg0'],
};

/** Those that Ubuntu calls otherwise. */
const ubuntuNames = new Map([['libturbojpeg0', 'libturbojpeg']]);

/** The same for what is installed only where it is about to be used and missing. */
export const onDemandPackages = {
  /** Debian 12's own package is too old; the one it keeps up to date for its web browsers is not. */
  cargo: ['cargo', 'cargo-web'],
  maven: ['maven'],
};

/** From this version on cargo reads its index over plain HTTP; before, it needs a clone of the index's repository. */
const cargoFrom = [1, 70];

/** A program that this machine lacks; the message says how to get it. */
export class MissingToolError extends Error {}

export const isRoot = process.getuid?.() === 0;

/** Whether this process may install system packages by itself. */
export function canInstall() {
  return isRoot && which('apt-get') !== undefined && process.env.MASKFORGE_NO_APT !== '1';
}

/** @param {string[]} packages */
export function aptCommand(packages) {
  return `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/**
 * What a person has to run to get these packages, in words.
 * @param {string[]} packages names on Debian and Ubuntu
 */
export function remedy(packages) {
  if (process.platform !== 'linux') return `install ${packages.join(', ')}`;
  if (which('apt-get')) return `run: sudo ${aptCommand(packages)}`;
  return `install what Debian calls ${packages.join(', ')} with this system's package manager`;
}

/** Newer Ubuntu releases renamed some libraries when time_t grew to 64 bits. @param {string} name */
async function installableName(name) {
  for (const each of [name, `${name}t64`, ubuntuNames.get(name)]) {
    if (each === undefined) continue;
    const { stdout } = await run('apt-cache', ['policy', each]);
    if (/Candidate: (?!\(none\))/.test(stdout)) return each;
  }
  return name;
}

let listsAreFresh = false;

/** Once in a run: what apt knows may be older than what its servers have. */
async function refreshLists() {
  if (listsAreFresh) return;
  const update = await run('apt-get', ['update', '-qq']);
  if (update.code !== 0) say(`apt-get update failed:\n${tail(update, 4)}`);
  listsAreFresh = update.code === 0;
}

/**
 * Installs Debian packages when this process may.
 * @param {string[]} packages
 * @param {string} purpose
 * @returns {Promise<boolean>} whether they are there now
 */
export async function installPackages(packages, purpose) {
  if (!canInstall()) return false;
  say(`installing ${purpose}: ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await refreshLists();
  const names = await Promise.all(packages.map(installableName));
  const outcome = await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], { env });
  if (outcome.code !== 0) say(`apt-get install failed:\n${tail(outcome, 6)}`);
  return outcome.code === 0;
}

/**
 * The shared libraries a Linux executable needs and this machine lacks.
 * @param {string} executable
 */
export async function missingLibraries(executable) {
  if (process.platform !== 'linux' || !which('ldd')) return [];
  const { stdout } = await run('ldd', [executable]);
  return [...new Set([...stdout.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1]))];
}

/**
 * Finds a program, installed if need be and allowed.
 * @param {string} name
 * @param {string[]} packages
 * @param {string} purpose
 */
export async function ensureProgram(name, packages, purpose) {
  const found = which(name);
  if (found) return found;
  await installPackages(packages, purpose);
  return which(name);
}

/** A cargo that is new enough. @returns {Promise<string | undefined>} */
async function usableCargo() {
  const cargo = which('cargo');
  if (!cargo) return undefined;
  const { stdout } = await run(cargo, ['--version']);
  const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
  return major > cargoFrom[0] || (major === cargoFrom[0] && minor >= cargoFrom[1]) ? cargo : undefined;
}

/** The version of a package that apt would install. @returns {Promise<[number, number]>} major and minor; 0, 0: none */
async function candidateVersion(name) {
  const { stdout } = await run('apt-cache', ['policy', name]);
  const [, major = 0, minor = 0] = (/Candidate: (?:\d+:)?(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
  return [major, minor];
}

/** The same, installed if need be and allowed. @returns {Promise<string | undefined>} */
export async function ensureCargo() {
  const found = await usableCargo();
  if (found || !canInstall()) return found;
  await refreshLists();
  for (const name of onDemandPackages.cargo) {
    const [major, minor] = await candidateVersion(name);
    const suits = major > cargoFrom[0] || (major === cargoFrom[0] && minor >= cargoFrom[1]);
    if (suits && (await installPackages([name], 'cargo'))) return usableCargo();
  }
  return undefined;
}

/** Whether windows can be shown here. */
export function hasDisplay(env = process.env) {
  if (process.platform !== 'linux') return true;
  return Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}

/** xvfb-run, installed if need be and allowed. */
export async function ensureXvfb() {
  if (process.platform !== 'linux') return undefined;
  if (!which('xvfb-run') || !which('xauth')) await installPackages(debianPackages.display, 'a virtual display');
  return which('xauth') ? which('xvfb-run') : undefined;
}

const chromiumPlaces = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** A Chromium-family browser: MASKFORGE_CHROMIUM, on PATH, or in its usual place. */
export function findChromium() {
  const chosen = process.env.MASKFORGE_CHROMIUM;
  if (chosen) return existsSync(chosen) ? chosen : undefined;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge']) {
    const found = which(name);
    if (found) return found;
  }
  return chromiumPlaces.find((place) => existsSync(place));
}

/** The same, installed if need be and allowed. */
export async function ensureChromium() {
  const found = findChromium();
  if (found || process.env.MASKFORGE_CHROMIUM) return found;
  await installPackages(debianPackages.browser, 'Chromium');
  return findChromium();
}

/**
 * A Python 3.9+ interpreter that has the given standard modules (Debian splits pip and ensurepip off), installed if
 * need be and allowed.
 * @param {string[]} modules
 */
export async function ensurePython(modules) {
  const probe = ['-c', `import sys, ${modules.join(', ')}; assert sys.version_info >= (3, 9)`];
  const usable = async () => {
    for (const name of ['python3', 'python']) {
      const found = which(name);
      if (found && (await run(found, probe)).code === 0) return found;
    }
    return undefined;
  };
  const found = await usable();
  if (found) return found;
  await installPackages(debianPackages.python, 'Python');
  return usable();
}
