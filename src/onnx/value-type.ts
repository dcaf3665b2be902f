import { create } from '@bufbuild/protobuf';
import type { DataType } from './data-type';
import {
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProtoSchema,
  TypeProto_TensorSchema,
  ValueInfoProtoSchema,
} from './generated/onnx_pb';
import type { TypeProto, ValueInfoProto } from './generated/onnx_pb';

/** A size as a file declares it: a number, a name for one that varies, or nothing. */
export type DeclaredDim = number | string | undefined;

export interface DeclaredType {
  readonly type: DataType;
  /** Undefined when not even the rank is declared. */
  readonly dims: readonly DeclaredDim[] | undefined;
}

/** Undefined for sequences, maps and whatever else is no dense tensor. */
export function readDeclaredType(type: TypeProto | undefined): DeclaredType | undefined {
  if (type?.value.case !== 'tensorType') return undefined;
  const { elemType, shape } = type.value.value;
  if (shape === undefined) return { type: elemType, dims: undefined };
  const dims = shape.dim.map((dim): DeclaredDim => {
    if (dim.value.case === 'dimValue') return dim.value.value >= 0n ? Number(dim.value.value) : undefined;
    return dim.value.case === 'dimParam' && dim.value.value !== '' ? dim.value.value : undefined;
  });
  return { type: elemType, dims };
}

export function makeTypeProto(type: DataType, dims: readonly DeclaredDim[] | undefined): TypeProto {
  const tensor = create(TypeProto_TensorSchema, { elemType: type });
  if (dims !== undefined) tensor.shape = create(TensorShapeProtoSchema, { dim: dims.map(makeDimension) });
  return create(TypeProtoSchema, { value: { case: 'tensorType', value: tensor } });
}

export function makeValueInfo(name: string, type: DataType, dims: readonly DeclaredDim[] | undefined): ValueInfoProto {
  return create(ValueInfoProtoSchema, { name, type: makeTypeProto(type, dims) });
}

function makeDimension(dim: DeclaredDim): ReturnType<typeof create<typeof TensorShapeProto_DimensionSchema>> {
  if (dim === undefined) return create(TensorShapeProto_DimensionSchema);
  return create(TensorShapeProto_DimensionSchema, {
    value: typeof dim === 'number' ? { case: 'dimValue', value: BigInt(dim) } : { case: 'dimParam', value: dim },
  });
}
