import { isFieldSet } from '@bufbuild/protobuf';
import { DataType } from './data-type';
import type { ExternalData } from './external-data';
import { AttributeProtoSchema } from './generated/onnx_pb';
import type { NodeProto } from './generated/onnx_pb';
import type { Constant } from './tensor';
import { makeTensor, readTensor } from './tensor';

/** The value of a `Constant` node in any of its forms; undefined for text and sparse values. */
export function constantOfNode(node: NodeProto, external: ExternalData | undefined): Constant | undefined {
  const fields = AttributeProtoSchema.field;
  for (const attribute of node.attribute) {
    // Inside a function body the value may come from the function's own attribute.
    if (isFieldSet(attribute, fields.refAttrName) && attribute.refAttrName !== '') return undefined;
    switch (attribute.name) {
      case 'value':
        if (attribute.t === undefined || attribute.t.dataType === DataType.STRING) return undefined;
        return readTensor(attribute.t, external);
      case 'value_float':
        return readTensor(makeTensor('', DataType.FLOAT, [], [attribute.f]), external);
      case 'value_floats':
        return readTensor(makeTensor('', DataType.FLOAT, [attribute.floats.length], attribute.floats), external);
      case 'value_int':
        return readTensor(makeTensor('', DataType.INT64, [], BigInt64Array.of(attribute.i)), external);
      case 'value_ints':
        return readTensor(
          makeTensor('', DataType.INT64, [attribute.ints.length], BigInt64Array.from(attribute.ints)),
          external,
        );
      default:
    }
  }
  return undefined;
}
