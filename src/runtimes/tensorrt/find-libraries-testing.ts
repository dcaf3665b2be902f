import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';

/** Helpers for tests that look for libraries in trees of their own. */

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'maskforge-libraries-'));
  folders.push(folder);
  return folder;
}

export const X86_64 = 62;
export const ARM64 = 183;

/** A header that a loader would accept, and nothing behind it: one segment of `segment` bytes. */
export function elf(options: { machine?: number; bits?: 32 | 64; segment?: number; size?: number } = {}): Buffer {
  const { machine = X86_64, bits = 64, segment = 512, size = 512 } = options;
  const bytes = Buffer.alloc(size);
  bytes.writeUInt32BE(0x7f454c46, 0);
  bytes[4] = bits === 64 ? 2 : 1;
  bytes[5] = 1;
  bytes.writeUInt16LE(3, 16);
  bytes.writeUInt16LE(machine, 18);
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(1, 64);
  bytes.writeBigUInt64LE(0n, 72);
  bytes.writeBigUInt64LE(BigInt(segment), 96);
  return bytes;
}

export function portableExecutable(machine: number): Buffer {
  const bytes = Buffer.alloc(128);
  bytes.write('MZ', 0, 'latin1');
  bytes.writeUInt32LE(64, 60);
  bytes.write('PE\0\0', 64, 'latin1');
  bytes.writeUInt16LE(machine, 68);
  return bytes;
}

export function put(file: string, content: string | Uint8Array = elf()): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

export const tensorRt106 = ['libnvinfer.so.10', 'libnvinfer_builder_resource.so.10.6.0', 'libnvonnxparser.so.10'];
export const rtx17 = ['libtensorrt_rtx.so.1', 'libtensorrt_onnxparser_rtx.so.1'];

export function putAll(folder: string, names: readonly string[], content?: Uint8Array): string {
  for (const name of names) put(join(folder, name), content);
  return folder;
}

/** Our own backends and plugins, as the native build leaves them. */
export function putOwn(folder: string): string {
  return putAll(folder, [
    'libmaskforge_backend_tensorrt10.so',
    'libmaskforge_backend_tensorrt11.so',
    'libmaskforge_backend_rtx.so',
    'libmaskforge_layernorm_10.so',
    'libmaskforge_layernorm_11.so',
  ]);
}
