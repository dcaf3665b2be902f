import { build } from 'esbuild';
import { join } from 'node:path';

/** Builds the pretended host program into a folder; answers with its path. */
export async function buildFakeHost(folder: string): Promise<string> {
  const outfile = join(folder, 'host.cjs');
  const entry = join(__dirname, 'fake-host.ts');
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'cjs' });
  return outfile;
}
