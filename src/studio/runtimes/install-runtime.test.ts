import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { InstallPhase } from './install-runtime';
import { installedRuntimes, installRuntime, removeRuntime } from './install-runtime';
import { installPlan, offers } from './offers';

/**
 * A Python whose pip does what FAKE_PIP says. It writes where pip does: first into its temporary folder, then to the
 * place it was given.
 */
const FAKE_PYTHON = `#!/bin/sh
echo "$@" >> "$FAKE_LOG"
case "$FAKE_PIP:$*" in
  none:*) exit 1 ;;
  nopip:*pip*) echo "No module named pip" >&2; exit 1 ;;
  *:"-m pip --version") echo "pip 23.2"; exit 0 ;;
  *:-c*) exit 0 ;;
esac
while [ $# -gt 0 ]; do
  case "$1" in
    download) verb=download ;;
    install) verb=install ;;
    -d) target=$2; shift ;;
    --target) target=$2; shift ;;
    -r) list=$2; shift ;;
    *) last=$1 ;;
  esac
  shift
done
if [ $verb = download ]; then
  cp "$list" "$FAKE_LOG.requirements"
  case $FAKE_PIP in
    hang) head -c 5000 /dev/zero > "$TMPDIR/part"; echo $$ > "$FAKE_LOG.pid"; sleep 60 ;;
    say) cat "$FAKE_LOG.words" >&2; exit 1 ;;
  esac
  head -c 7000 /dev/zero > "$TMPDIR/part"; sleep 0.5
  mv "$TMPDIR/part" "$target/tensorrt_rtx_cu13_libs-1.7.1.116-py3-none-any.whl"
  echo "Saved"
else
  [ "$FAKE_PIP" = badwheel ] && { echo "ERROR: $last is not a valid wheel filename." >&2; exit 1; }
  mkdir -p "$target/tensorrt_rtx_libs"
  echo library > "$target/tensorrt_rtx_libs/libtensorrt_rtx.so.1"
fi
`;

interface Bench {
  readonly data: string;
  readonly log: string;
  readonly progress: [InstallPhase, number, number][];
  install(mode: string, options?: { words?: string; signal?: AbortSignal; id?: 'rtx' | 'tensorrt' }): Promise<string>;
  /** All that lies in the runtimes' folder, hidden or not. */
  left(): string[];
  calls(): string[];
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function bench(): Bench {
  const root = mkdtempSync(join(tmpdir(), 'maskforge-install-'));
  folders.push(root);
  const [bin, data, log] = [join(root, 'bin'), join(root, 'data'), join(root, 'calls')];
  mkdirSync(bin);
  writeFileSync(join(bin, 'python3'), FAKE_PYTHON);
  chmodSync(join(bin, 'python3'), 0o755);
  const progress: [InstallPhase, number, number][] = [];
  return {
    data,
    log,
    progress,
    install: (mode, { words = '', signal = new AbortController().signal, id = 'rtx' } = {}) => {
      writeFileSync(`${log}.words`, words);
      return installRuntime(installPlan(id, undefined, 'linux-arm64'), {
        dataDirectory: data,
        env: { PATH: `${bin}:/usr/bin:/bin`, FAKE_PIP: mode, FAKE_LOG: log, MASKFORGE_PYTHON: join(bin, 'python3') },
        signal,
        onProgress: (...report) => progress.push(report),
        onLog: () => undefined,
      });
    },
    left: () => (existsSync(join(data, 'runtimes')) ? readdirSync(join(data, 'runtimes')).sort() : []),
    calls: () => readFileSync(log, 'utf8').split('\n'),
  };
}

describe('installRuntime', () => {
  it('installs what pip fetched, whole, and tells of its progress', async () => {
    const here = bench();
    expect(await here.install('ok')).toBe('rtx-1.7.1.116');
    const folder = join(here.data, 'runtimes', 'rtx-1.7.1.116');
    expect(readdirSync(folder).sort()).toEqual(['installed.json', 'tensorrt_rtx_libs']);
    // The name without a version, which RTX's own parser asks for.
    expect(readFileSync(join(folder, 'tensorrt_rtx_libs', 'libtensorrt_rtx.so'), 'utf8')).toBe('library\n');
    expect(here.left()).toEqual(['.downloads', 'rtx-1.7.1.116']);
    expect(new Set(here.progress.map(([phase]) => phase))).toEqual(
      new Set(['prepare', 'download', 'unpack', 'finish']),
    );
    expect(here.progress).toContainEqual(['download', 7000, 90_582_711]);
    expect(readFileSync(`${here.log}.requirements`, 'utf8')).toMatch(
      /^tensorrt-rtx-cu13-libs==1\.7\.1\.116( --hash=sha256:[0-9a-f]{64}){4}\n$/,
    );
    expect(here.calls().find((line) => line.includes('download'))).toContain('--require-hashes');
    expect(await installedRuntimes(here.data)).toEqual(['rtx-1.7.1.116']);
  });

  it('does nothing the second time', async () => {
    const here = bench();
    await here.install('ok');
    const before = here.calls().length;
    expect(await here.install('say')).toBe('rtx-1.7.1.116');
    expect(here.calls()).toHaveLength(before);
  });

  it('takes up what was fetched whole when unpacking failed', async () => {
    const here = bench();
    await expect(here.install('badwheel')).rejects.toMatchObject({ code: 'RUNTIME_INSTALL_FAILED' });
    expect(here.left()).toEqual(['.downloads']);
    expect(await here.install('ok')).toBe('rtx-1.7.1.116');
    expect(here.calls().filter((line) => line.includes(' download '))).toHaveLength(1);
  });

  it('ends pip and leaves nothing when it is cancelled', async () => {
    const here = bench();
    const stop = new AbortController();
    const installing = here.install('hang', { signal: stop.signal });
    await expect.poll(() => here.progress.some(([phase, done]) => phase === 'download' && done === 5000)).toBe(true);
    stop.abort();
    await expect(installing).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(here.left()).toEqual([]);
    const pid = Number(readFileSync(`${here.log}.pid`, 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow();
  });

  it('clears away what a run that died left, and leaves what a living one does', async () => {
    const here = bench();
    const dead = join(here.data, 'runtimes', '.staging-999999999-00');
    const alive = join(here.data, 'runtimes', `.staging-${process.pid}-00`);
    for (const folder of [dead, alive]) mkdirSync(folder, { recursive: true });
    await here.install('ok');
    expect(here.left()).toEqual(['.downloads', `.staging-${process.pid}-00`, 'rtx-1.7.1.116']);
  });

  it.each([
    ['none', 'PYTHON_MISSING', /MASKFORGE_PYTHON/],
    ['nopip', 'PIP_MISSING', /ensurepip/],
  ])('says what is missing (%s)', async (mode, code, hint) => {
    const here = bench();
    await expect(here.install(mode)).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) });
    expect(here.left()).toEqual([]);
  });

  it.each([
    [
      'name resolution',
      'Failed to establish a new connection: [Errno -3] Temporary failure in name resolution',
      'NETWORK_OFFLINE',
    ],
    [
      'a proxy',
      "ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407'))",
      'NETWORK_PROXY_REFUSED',
    ],
    ['a certificate', 'SSLError(SSLCertVerificationError(1, CERTIFICATE_VERIFY_FAILED))', 'NETWORK_CERTIFICATE'],
    ['silence', 'ReadTimeoutError: Read timed out.', 'NETWORK_TIMEOUT'],
    ['a broken connection', "ProtocolError('Connection broken: IncompleteRead(5 bytes read)')", 'NETWORK_INTERRUPTED'],
    [
      'a full disk',
      'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device',
      'DISK_FULL',
    ],
    [
      'other bytes',
      'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.',
      'RUNTIME_CHECKSUM_MISMATCH',
    ],
    ['an unknown version', 'ERROR: No matching distribution found for tensorrt-rtx-cu13-libs', 'RUNTIME_NOT_FOUND'],
    ['anything else', 'ERROR: pip is on strike', 'RUNTIME_INSTALL_FAILED'],
  ])('explains %s', async (_what, words, code) => {
    const here = bench();
    await expect(here.install('say', { words })).rejects.toMatchObject({
      code,
      hint: expect.stringMatching(/\S/),
      details: { output: expect.stringMatching(/\S/) },
    });
    expect(here.left()).toEqual([]);
  });

  it('says for TensorRT that NVIDIA’s own index is needed', async () => {
    const words = 'ERROR: No matching distribution found for tensorrt-cu12-libs==10.6.0';
    await expect(bench().install('say', { words, id: 'tensorrt' })).rejects.toMatchObject({
      code: 'RUNTIME_INDEX_UNREACHABLE',
      message: expect.stringContaining('https://pypi.nvidia.com'),
      hint: expect.stringContaining('MASKFORGE_TENSORRT'),
    });
  });
});

describe('removeRuntime', () => {
  it('removes what was installed, and nothing else', async () => {
    const here = bench();
    await here.install('ok');
    mkdirSync(join(here.data, 'runtimes', 'mine'));
    for (const name of ['mine', '..', '../data', '.downloads', 'rtx-9']) {
      await expect(removeRuntime(here.data, name)).rejects.toMatchObject({ code: 'RUNTIME_NOT_INSTALLED' });
    }
    await removeRuntime(here.data, 'rtx-1.7.1.116');
    expect(here.left()).toEqual(['.downloads', 'mine']);
  });
});

describe('installPlan', () => {
  it.each([
    ['rtx', undefined, 'tensorrt-rtx-cu13-libs==1.7.1.116', 4],
    ['rtx', '1.6.1.120', 'tensorrt-rtx-cu13-libs==1.6.1.120', 0],
    ['tensorrt', undefined, 'tensorrt-cu12-libs==10.6.0', 0],
    ['tensorrt', '10.13.2.6', 'tensorrt-cu13-libs==10.13.2.6', 0],
    ['tensorrt', '11.4.0.106', 'tensorrt-cu13-libs==11.4.0.106', 0],
  ] as const)('%s %s is %s', (id, version, requirement, hashes) => {
    const { pip } = installPlan(id, version, 'linux-x64');
    expect([pip.requirement, pip.hashes.length]).toEqual([requirement, hashes]);
  });

  it.each([
    ['rtx', '1.7; rm -rf /', 'linux-x64', 'RUNTIME_VERSION_INVALID'],
    ['rtx', '--pre', 'linux-x64', 'RUNTIME_VERSION_INVALID'],
    ['tensorrt', '8.6.1', 'linux-x64', 'RUNTIME_VERSION_INVALID'],
    ['rtx', undefined, 'darwin-arm64', 'RUNTIME_NOT_OFFERED'],
  ] as const)('refuses %s %s on %s', (id, version, system, code) => {
    expect(() => installPlan(id, version, system)).toThrowError(expect.objectContaining({ code }));
  });
});

it.each([
  [null, null, null],
  [90, false, true],
  [75, false, true],
  [86, true, true],
  [120, true, false],
])('for compute capability %s rtx suits: %s, tensorrt suits: %s', (computeCapability, rtx, tensorrt) => {
  const made = offers({ system: 'linux-x64', computeCapability, installed: ['rtx-1', 'other-2'] });
  expect(made.map(({ suitsDevice, installed }) => [suitsDevice, installed])).toEqual([
    [rtx, ['rtx-1']],
    [tensorrt, []],
  ]);
});
