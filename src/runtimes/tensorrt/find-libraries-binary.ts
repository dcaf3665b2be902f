import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';

/** Machine codes as ELF (e_machine) and PE (Machine) write them, for the architectures that Node names. */
const MACHINES: Readonly<Record<string, { readonly elf: number; readonly pe: number }>> = {
  x64: { elf: 62, pe: 0x8664 },
  arm64: { elf: 183, pe: 0xaa64 },
};
const ELF_NAMES: Readonly<Record<number, string>> = {
  3: 'x86 (32 bit)',
  40: 'ARM (32 bit)',
  62: 'x86-64',
  183: 'ARM64',
};
const PE_NAMES: Readonly<Record<number, string>> = { 0x14c: 'x86 (32 bit)', 0x8664: 'x86-64', 0xaa64: 'ARM64' };
const LOADED_SEGMENT = 1;

/**
 * Reads the header of a shared library and says why this process could never load it; null where nothing speaks against
 * it. The file is not opened as a library, so a hostile or broken one does no harm.
 */
export async function libraryFault(file: string, platform: string, arch: string): Promise<string | null> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const head = await readAt(handle, 0, 64);
    if (platform === 'win32') return await peFault(handle, head, arch);
    return await elfFault(handle, head, size, arch);
  } finally {
    await handle.close();
  }
}

/** Layout after the System V ABI: 64-bit header of 64 bytes, program headers of 56. */
async function elfFault(handle: FileHandle, head: Buffer, size: number, arch: string): Promise<string | null> {
  if (head.length < 20 || head.readUInt32BE(0) !== 0x7f454c46) return 'is no shared library';
  const machine = head.readUInt16LE(18);
  const wanted = MACHINES[arch]?.elf;
  if (head[4] !== 2) return `is a 32-bit library${nameOf(ELF_NAMES, machine)}; a 64-bit one is needed`;
  if (machine !== wanted) return `is made for another processor${nameOf(ELF_NAMES, machine)}`;
  if (head.length < 64) return 'is cut off: its header is incomplete';
  const offset = Number(head.readBigUInt64LE(32));
  const entrySize = head.readUInt16LE(54);
  const entries = await readAt(handle, offset, entrySize * head.readUInt16LE(56));
  let end = 0;
  for (let at = 0; at + 56 <= entries.length; at += entrySize) {
    if (entries.readUInt32LE(at) !== LOADED_SEGMENT) continue;
    end = Math.max(end, Number(entries.readBigUInt64LE(at + 8)) + Number(entries.readBigUInt64LE(at + 32)));
  }
  return end > size ? `is cut off: ${size} bytes of at least ${end}` : null;
}

async function peFault(handle: FileHandle, head: Buffer, arch: string): Promise<string | null> {
  if (head.length < 64 || head.toString('latin1', 0, 2) !== 'MZ') return 'is no library';
  const header = await readAt(handle, head.readUInt32LE(60), 6);
  if (header.length < 6 || header.toString('latin1', 0, 4) !== 'PE\0\0') return 'is no library, or cut off';
  const machine = header.readUInt16LE(4);
  return machine === MACHINES[arch]?.pe ? null : `is made for another processor${nameOf(PE_NAMES, machine)}`;
}

function nameOf(names: Readonly<Record<number, string>>, machine: number): string {
  const name = names[machine];
  return name === undefined ? '' : ` (${name})`;
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  if (length === 0) return buffer;
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
