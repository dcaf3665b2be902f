import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Hub } from '../../../tools/hub-server/hub-server.mjs';
import { COMMIT, startHub } from '../../../tools/hub-server/hub-server.mjs';
import { ModelLibrary } from '../library/model-library';
import { ModelHub } from './model-hub';
import { afterThisTest, oddModels, REPO, repoFiles, temporaryFolder } from './testing';

async function setUp(): Promise<{ hub: Hub; models: ModelHub; library: ModelLibrary; data: string }> {
  const hub = await startHub({ files: repoFiles() });
  afterThisTest(() => hub.close());
  const data = temporaryFolder();
  const library = new ModelLibrary({ dataDirectory: data, resourcesDirectory: join(data, 'none') });
  afterThisTest(() => library.close());
  const env = { HF_ENDPOINT: hub.url };
  const models = new ModelHub({ dataDirectory: data, library, env, network: { sleep: async () => undefined } });
  return { hub, models, library, data };
}

describe('ModelHub', () => {
  it('fetches a model with its files and adds it with labels, preprocessing and licence', async () => {
    const { models, library, hub } = await setUp();
    const progress: { done: number; total: number }[] = [];
    const model = await models.pull(
      { repo: REPO, licenceAccepted: true },
      { onProgress: (each) => void progress.push(each) },
    );
    expect(model).toMatchObject({
      id: 'segformer-b0-finetuned-ade-512-512',
      name: 'segformer-b0-finetuned-ade-512-512',
      labelsSource: 'huggingface',
      preprocessingSource: 'huggingface',
      preprocessing: { size: { mode: 'stretch', width: 256, height: 128 }, mean: [0.5, 0.4, 0.3] },
      licence: { name: expect.stringMatching(/NVIDIA/), url: expect.stringMatching(/^https:/) },
      warnings: [],
    });
    expect(model.labels.map(({ name }) => name)).toEqual(['wall', 'sky', 'tree']);
    const last = progress.at(-1);
    expect(last?.done).toBe(last?.total);
    // All files come from the one commit that the branch stood for when the first was fetched.
    expect(hub.requests.filter(({ path }) => path.includes(COMMIT)).map(({ path }) => path.split('/').pop())).toEqual([
      'config.json',
      'preprocessor_config.json',
    ]);
    expect((await library.list()).map(({ id }) => id)).toEqual([model.id]);
    expect((await models.list()).find(({ repo }) => repo === REPO)).toMatchObject({
      installedAs: model.id,
      files: expect.arrayContaining([expect.objectContaining({ path: 'onnx/model.onnx', sizeBytes: 198 })]),
    });
  });

  it('fetches nothing before the licence is accepted, and says where it stands', async () => {
    const { models, hub } = await setUp();
    await expect(models.pull({ repo: REPO, licenceAccepted: false })).rejects.toMatchObject({
      code: 'LICENCE_NOT_ACCEPTED',
      hint: expect.stringMatching(/https:\/\/github\.com/),
    });
    expect(models.licenceOf('someone/else').url).toBe(`${hub.url}/someone/else`);
    expect(hub.requests).toHaveLength(0);
  });

  it('pulls again without fetching again, and a second variant beside the first', async () => {
    const { models, hub, library } = await setUp();
    const first = await models.pull({ repo: REPO, licenceAccepted: true });
    const again = await models.pull({ repo: `${REPO}@main`, licenceAccepted: true });
    expect(again.id).toBe(first.id);
    hub.setFile(`${REPO}/onnx/model_fp16.onnx`, repoFiles()[0]?.[1] ?? new Uint8Array());
    const half = await models.pull({ repo: REPO, file: 'onnx/model_fp16.onnx', licenceAccepted: true });
    expect(half).toMatchObject({ name: expect.stringMatching(/ fp16$/), labelsSource: 'huggingface' });
    await library.remove(half.id);
    expect(existsSync(half.path)).toBe(false);
    expect(existsSync(first.path)).toBe(true);
    await library.remove(first.id);
    expect(existsSync(join(first.path, '../..'))).toBe(false);
  });

  it('adds a model whose repository has no labels, with the warning that they are missing', async () => {
    const { models, hub } = await setUp();
    hub.removeFile(`${REPO}/config.json`);
    hub.removeFile(`${REPO}/preprocessor_config.json`);
    const log: string[] = [];
    const model = await models.pull({ repo: REPO, licenceAccepted: true }, { onLog: (line) => void log.push(line) });
    expect(model).toMatchObject({ labelsSource: 'assumed', preprocessingSource: 'assumed' });
    expect(log.join()).toMatch(/has no config\.json/);
  });

  it('refuses the same download twice at once, and an empty or foreign file', async () => {
    const { models, hub, library, data } = await setUp();
    hub.fail({ where: 'store', hang: true });
    const controller = new AbortController();
    const running = models.pull({ repo: REPO, licenceAccepted: true }, { signal: controller.signal });
    const stopped = expect(running).rejects.toMatchObject({ name: 'AbortError' });
    await expect(models.pull({ repo: REPO, licenceAccepted: true })).rejects.toMatchObject({
      code: 'HUB_ALREADY_RUNNING',
    });
    await vi.waitUntil(() => hub.requests.some(({ where }) => where === 'store'), { timeout: 20_000 });
    controller.abort();
    await stopped;
    hub.setFile(`${REPO}/onnx/model.onnx`, readFileSync(join(oddModels, 'not-onnx.onnx')));
    await expect(models.pull({ repo: REPO, licenceAccepted: true })).rejects.toMatchObject({ code: 'ONNX_NOT_ONNX' });
    expect(await library.list()).toEqual([]);
    expect(readdirSync(data)).not.toContain('models.json');
    expect(readdirSync(data, { recursive: true }).filter((name) => String(name).endsWith('.onnx'))).toEqual([]);
  });

  it('asks for sizes once, and asks the hub alone: its store may answer nothing but downloads', async () => {
    const { models, hub } = await setUp();
    hub.fail({ where: 'store', status: 403, times: 99 });
    const size = async (): Promise<number | undefined> =>
      (await models.list()).find(({ repo }) => repo === REPO)?.files.find(({ path }) => path === 'onnx/model.onnx')
        ?.sizeBytes;
    expect([await size(), await size()]).toEqual([198, 198]);
    const asked = hub.requests.filter(({ path }) => path.includes(REPO));
    expect(asked.map(({ where, method }) => [where, method])).toEqual([['hub', 'HEAD']]);
  });

  it('lists the catalogue when the hub cannot be reached', async () => {
    const { library, data } = await setUp();
    const models = new ModelHub({ dataDirectory: data, library, env: { HF_ENDPOINT: 'http://127.0.0.1:1' } });
    const entries = await models.list();
    expect(entries.length).toBeGreaterThanOrEqual(10);
    expect(new Set(entries.map(({ repo }) => repo)).size).toBe(entries.length);
    for (const entry of entries) expect(entry.licence.text).toMatch(/research and evaluation only/);
  });
});
