// Generates src/onnx/generated/onnx_pb.ts from src/onnx/schema/onnx.proto. Only needed after the schema was edited: the
// result is committed, so that set-up needs no protobuf compiler. Uses `buf` through npm, and the pinned protoc-gen-es.
//
// Usage: node scripts/generate-onnx-proto.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUF = '@bufbuild/buf@1.75.0';
const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const template = {
  version: 'v2',
  plugins: [
    {
      local: ['node', join(root, 'node_modules/@bufbuild/protoc-gen-es/bin/protoc-gen-es')],
      out: join(root, 'src/onnx/generated'),
      opt: ['target=ts', 'ts_nocheck=false'],
    },
  ],
};

const scratch = mkdtempSync(join(tmpdir(), 'maskforge-proto-'));
try {
  const templateFile = join(scratch, 'buf.gen.yaml');
  writeFileSync(templateFile, JSON.stringify(template));
  const buf = (...args) =>
    execFileSync('npm', ['exec', '--yes', '--ignore-scripts', `--package=${BUF}`, '--', 'buf', ...args], {
      cwd: root,
      stdio: 'inherit',
    });
  buf('generate', 'src/onnx/schema', '--template', templateFile);
  // The linter leaves generated folders alone; it need not be told twice.
  const generated = join(root, 'src/onnx/generated/onnx_pb.ts');
  writeFileSync(generated, readFileSync(generated, 'utf8').replace('/* eslint-disable */\n', ''));
  const setFile = process.argv[2];
  if (setFile !== undefined) buf('build', 'src/onnx/schema', '-o', setFile);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
