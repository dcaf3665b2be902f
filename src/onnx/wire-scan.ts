import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { AppError } from '../shared/app-error';
import { ModelProtoSchema } from './generated/onnx_pb';

/*
 * A walk over the bytes before anything is allocated for them. The protobuf runtime trusts inner lengths, so that a
 * damaged file could be read as another model, and a small hostile one could ask for gigabytes of small objects. Here
 * every length is held against its parent, and what the objects will cost is added up first.
 */

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const WIRE_GROUP_START = 3;
const WIRE_FIXED32 = 5;

/** Protobuf's own customary limit; an `If` inside an `If` takes three. */
const MAX_DEPTH = 100;

/** Rough heap bytes of what the runtime makes of one part of the file; measured to within a factor of two. */
const COST = { message: 260, string: 48, unknown: 160, bigint: 32, number: 8 } as const;
const COST_ALLOWANCE = 512 * 1024 * 1024;

interface Scan {
  readonly bytes: Uint8Array;
  readonly fileName: string;
  position: number;
  cost: number;
  readonly maxCost: number;
}

type FieldKind = DescMessage | 'bigint' | 'integer' | 'float' | 'other';

const fieldTables = new WeakMap<DescMessage, Map<number, FieldKind>>();

/**
 * Throws ONNX_EMPTY_FILE, ONNX_TRUNCATED (the file ends inside something), ONNX_NOT_ONNX (no model from the first byte
 * on), ONNX_INVALID (lengths contradict each other) or ONNX_TOO_COMPLEX (would take far more memory than its size).
 */
export function scanModelBytes(bytes: Uint8Array, fileName: string): void {
  if (bytes.length === 0) {
    throw new AppError('ONNX_EMPTY_FILE', `${fileName} is empty (0 bytes).`, {
      hint: 'Copy or export the model again; the transfer was probably cut off at the start.',
    });
  }
  const scan: Scan = { bytes, fileName, position: 0, cost: 0, maxCost: COST_ALLOWANCE + 2 * bytes.length };
  scanMessage(scan, ModelProtoSchema, bytes.length, 0);
}

function scanMessage(scan: Scan, schema: DescMessage, end: number, depth: number): void {
  if (depth > MAX_DEPTH) throw invalid(scan, `messages are nested more than ${MAX_DEPTH} deep`);
  charge(scan, COST.message);
  const fields = fieldTable(schema);
  while (scan.position < end) {
    const tag = readVarint(scan, end);
    const number = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (number === 0) throw invalid(scan, 'a field has the number 0');
    const kind = fields.get(number);
    if (kind === undefined) charge(scan, COST.unknown);
    switch (wireType) {
      case WIRE_VARINT:
        readVarint(scan, end);
        break;
      case WIRE_FIXED64:
        skip(scan, 8, end);
        break;
      case WIRE_FIXED32:
        skip(scan, 4, end);
        break;
      case WIRE_BYTES:
        scanBytes(scan, kind, end, depth);
        break;
      default:
        // Groups have not been written by any exporter; what is left are numbers that mean nothing.
        throw invalid(
          scan,
          wireType === WIRE_GROUP_START ? 'it uses protobuf groups' : `a field has the wire type ${wireType}`,
        );
    }
    if (kind === 'bigint') charge(scan, COST.bigint);
  }
}

function scanBytes(scan: Scan, kind: FieldKind | undefined, end: number, depth: number): void {
  const length = readVarint(scan, end);
  checkRoom(scan, length, end);
  const innerEnd = scan.position + length;
  if (kind === undefined || kind === 'other') charge(scan, COST.string);
  else if (kind === 'bigint') charge(scan, countVarints(scan.bytes, scan.position, innerEnd) * COST.bigint);
  else if (kind === 'integer') charge(scan, countVarints(scan.bytes, scan.position, innerEnd) * COST.number);
  else if (kind === 'float') charge(scan, (length / 4) * COST.number);
  else {
    scanMessage(scan, kind, innerEnd, depth + 1);
    return;
  }
  scan.position = innerEnd;
}

function readVarint(scan: Scan, end: number): number {
  let value = 0;
  let factor = 1;
  for (let index = 0; index < 10; index += 1) {
    checkRoom(scan, 1, end);
    const byte = scan.bytes[scan.position] ?? 0;
    scan.position += 1;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
    factor *= 128;
  }
  throw invalid(scan, 'a number is longer than ten bytes');
}

function skip(scan: Scan, length: number, end: number): void {
  checkRoom(scan, length, end);
  scan.position += length;
}

function checkRoom(scan: Scan, length: number, end: number): void {
  if (scan.position + length <= end) return;
  if (scan.position + length > scan.bytes.length && scan.position > 16) {
    throw new AppError(
      'ONNX_TRUNCATED',
      `${scan.fileName} ends early: the part at byte ${scan.position} needs ${length} bytes, ` +
        `and ${scan.bytes.length - scan.position} are left.`,
      { hint: 'Copy or download the model again and compare the file size with the source.' },
    );
  }
  throw invalid(scan, `a length of ${length} does not fit into the part that holds it`);
}

function countVarints(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let index = start; index < end; index += 1) if ((bytes[index] ?? 0) < 0x80) count += 1;
  return count;
}

function charge(scan: Scan, cost: number): void {
  scan.cost += cost;
  if (scan.cost <= scan.maxCost) return;
  throw new AppError(
    'ONNX_TOO_COMPLEX',
    `${scan.fileName} would take more than ${Math.round(scan.maxCost / 2 ** 20)} MiB of memory to open, ` +
      `for ${scan.bytes.length} bytes of file.`,
    { hint: 'A model keeps its weights as raw data; save it again with a current exporter.' },
  );
}

function invalid(scan: Scan, what: string): AppError {
  // Whoever opens a picture or a text file by mistake fails within the first few bytes.
  if (scan.position <= 16) return notOnnx(scan.fileName);
  return new AppError('ONNX_INVALID', `${scan.fileName} is damaged: at byte ${scan.position}, ${what}.`, {
    hint: 'Copy or export the model again.',
    details: { offset: scan.position },
  });
}

export function notOnnx(fileName: string): AppError {
  return new AppError('ONNX_NOT_ONNX', `${fileName} is not an ONNX model.`, {
    hint: 'Choose a file that an ONNX exporter wrote; its name usually ends in .onnx.',
  });
}

function fieldTable(schema: DescMessage): Map<number, FieldKind> {
  let table = fieldTables.get(schema);
  if (table === undefined) {
    table = new Map(schema.fields.map((field) => [field.number, fieldKind(field)]));
    fieldTables.set(schema, table);
  }
  return table;
}

function fieldKind(field: DescField): FieldKind {
  if (field.fieldKind === 'message') return field.message;
  if (field.fieldKind === 'list' && field.listKind === 'message') return field.message;
  if (field.fieldKind === 'list' && field.listKind === 'scalar') {
    if (field.scalar === ScalarType.INT64 || field.scalar === ScalarType.UINT64) return 'bigint';
    if (field.scalar === ScalarType.INT32) return 'integer';
    if (field.scalar === ScalarType.FLOAT || field.scalar === ScalarType.DOUBLE) return 'float';
  }
  return 'other';
}
