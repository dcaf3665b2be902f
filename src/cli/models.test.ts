import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Hub } from '../../tools/hub-server/hub-server.mjs';
import { startHub } from '../../tools/hub-server/hub-server.mjs';
import { REPO, repoFiles } from '../studio/hub/testing';
import { bench } from './testing';

async function hub(options: Partial<Parameters<typeof startHub>[0]> = {}): Promise<Hub> {
  const started = await startHub({ files: repoFiles(), ...options });
  onTestFinished(() => started.close());
  return started;
}

describe('maskforge models', () => {
  it('adds, lists, shows and removes', async () => {
    const here = bench();
    here.copyModel('channels.onnx', 'nets/my net.onnx');
    const added = await here.run(['models', 'add', 'nets/my net.onnx', '--json']);
    expect([added.code, added.json()]).toMatchObject([0, [{ id: 'my-net', labelsSource: 'assumed' }]]);
    expect((await here.run(['models'])).stdout).toMatch(/^my-net +any size +3 classes +198 B/m);
    const shown = await here.run(['models', 'show', 'my-net']);
    expect(shown.stdout).toMatch(/input +image: float32 NCHW/);
    expect(shown.stdout).toMatch(/\(assumed\)/);
    expect((await here.run(['models', 'show', 'my-net', '--json'])).json()).toEqual(added.json());
    expect(await here.run(['models', 'remove', 'my-net'])).toMatchObject({ code: 0, stdout: 'removed my-net\n' });
    expect(here.files('nets')).toEqual(['my net.onnx']);
    expect((await here.run(['models', 'show', 'my-net'])).code).toBe(1);
  });

  it('names each model that cannot be added and goes on', async () => {
    const here = bench();
    here.copyModel('channels.onnx', 'good.onnx');
    here.copyModel('truncated.onnx', 'bad.onnx');
    const { code, json } = await here.run(['models', 'add', 'bad.onnx', 'none.onnx', 'good.onnx', '--json']);
    expect([code, json()]).toMatchObject([
      1,
      [
        { name: 'bad.onnx', error: { code: 'ONNX_TRUNCATED' } },
        { name: 'none.onnx', error: { code: 'FILE_NOT_FOUND' } },
        { id: 'good' },
      ],
    ]);
    const human = await here.run(['models', 'remove', 'good', 'good']);
    expect(human).toMatchObject({ code: 1, stderr: expect.stringContaining('error good: ') });
  });

  it.each([
    [['models', 'show'], /missing required argument/],
    [['models', 'lisst'], /list|unknown command|too many arguments/i],
    [['models', 'pull', 'no-owner', '--accept-licence'], /OWNER\/NAME/],
    [['models', 'pull', REPO], /--accept-licence/],
    [['models', 'pull', REPO, '--accept-licence', '--file', '../../x.onnx'], /ONNX file in a repository/],
    [['modles'], /Did you mean models/],
    [['--frobnicate'], /unknown option/],
    [[], /Usage: maskforge/],
  ])('ends with 2 for %j', async (argv, message) => {
    const { code, stderr, stdout } = await bench().run(argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  it.each([[['--help']], [['segment', '--help']], [['help', 'models']], [['--version']]])(
    'answers %j with 0',
    async (argv) => {
      const { code, stdout, stderr } = await bench().run(argv);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/\S/);
    },
  );
});

describe('maskforge models pull', () => {
  it('fetches a model that then segments pictures', async () => {
    const here = bench();
    const env = { HF_ENDPOINT: (await hub()).url };
    const pulled = await here.run(['models', 'pull', REPO, '--accept-licence', '--json'], { env });
    expect(pulled.code).toBe(0);
    const id = REPO.split('/')[1] ?? '';
    expect(pulled.json().at(-1)).toMatchObject({ event: 'done', model: { id, labelsSource: 'huggingface' } });
    await here.picture('a.png');
    const { json } = await here.run(['segment', 'a.png', '--model', id, '--json']);
    expect(json()[0]).toMatchObject({ classes: [{ label: 'wall', share: 1 }] });
    const listed = await here.run(['models', 'catalogue', '--json'], { env });
    expect(listed.json().find(({ repo }) => repo === REPO)).toMatchObject({ installedAs: id });
  });

  it('asks on a terminal, and takes no for an answer', async () => {
    const here = bench();
    const server = await hub();
    const env = { HF_ENDPOINT: server.url };
    for (const [answer, code] of [
      ['n\n', 2],
      ['\n', 2],
      ['', 2],
      ['y\n', 0],
    ] as const) {
      const run = await here.run(['models', 'pull', REPO], { env, tty: true, stdin: Buffer.from(answer) });
      expect([run.code, run.stderr]).toEqual([code, expect.stringMatching(/research and evaluation only/)]);
      if (code !== 0) expect(server.requests).toHaveLength(0);
    }
  });

  it.each([
    ['a file that is not there', { args: ['--file', 'onnx/none.onnx'] }, 'HUB_NOT_FOUND'],
    ['a repository behind a login', { token: 'x' }, 'HUB_UNAUTHORIZED'],
    ['other bytes than promised', { fault: { where: 'store', corrupt: true, times: 9 } }, 'HUB_CHECKSUM_MISMATCH'],
    ['another length than promised', { fault: { where: 'store', lieBy: 9, times: 9 } }, 'HUB_LENGTH_MISMATCH'],
    ['too many requests', { fault: { status: 429, headers: { 'retry-after': '9999' } } }, 'HUB_RATE_LIMITED'],
  ] as const)('says what is wrong with %s', async (_what, trouble, code) => {
    const here = bench();
    const server = await hub('token' in trouble ? { token: trouble.token } : {});
    if ('fault' in trouble) server.fail(trouble.fault);
    const args = 'args' in trouble ? trouble.args : [];
    const run = await here.run(['models', 'pull', REPO, '--accept-licence', ...args], {
      env: { HF_ENDPOINT: server.url },
    });
    expect([run.code, run.stdout]).toEqual([1, '']);
    expect(run.stderr).toContain(`[${code}]`);
    expect((await here.run(['models', 'list', '--json'])).json().filter(({ bundled }) => bundled !== true)).toEqual([]);
  });

  it('stops at Ctrl+C with 130 and takes up later where it stopped', async () => {
    const here = bench();
    const big = Buffer.concat([readFileSync(join(__dirname, '../../tools/fixtures/models/odd/channels.onnx'))]);
    const server = await hub();
    server.setFile(`${REPO}/onnx/model.onnx`, big);
    server.fail({ where: 'store', stallAfter: 100 });
    const interrupt = new AbortController();
    const env = { HF_ENDPOINT: server.url };
    const argv = ['models', 'pull', REPO, '--accept-licence', '--json'];
    const onStdout = (text: string): void => {
      if (/"done":[1-9]/.test(text)) interrupt.abort();
    };
    expect((await here.run(argv, { env, signal: interrupt.signal, onStdout })).code).toBe(130);
    expect((await here.run(argv, { env })).code).toBe(0);
    expect(server.requests.some(({ headers }) => headers.range === 'bytes=100-')).toBe(true);
  });
});
