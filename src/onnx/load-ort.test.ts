import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { DataType } from './data-type';
import { GraphProtoSchema, ModelProtoSchema } from './generated/onnx_pb';
import { loadOrt } from './load-ort';
import { OnnxModel } from './model';
import { modelToBytes } from './model-write';
import { createSession } from './ort';

/** Stands for that of newer JavaScript where this one has none; of the real one the native part reads no bytes. */
class Float16Array extends Uint16Array {}

test('half floats go to ONNX Runtime and come back as integers where JavaScript has an array of its own for them', async () => {
  const own = Reflect.get(globalThis, 'Float16Array') as unknown;
  const array = own ?? Float16Array;
  Reflect.set(globalThis, 'Float16Array', array);
  const { Tensor } = await loadOrt();
  expect(Reflect.get(globalThis, 'Float16Array')).toBe(array);
  const model = new OnnxModel(
    create(ModelProtoSchema, { irVersion: 8n, graph: create(GraphProtoSchema, { name: 'negate' }) }),
  );
  model.setOpset('', 17);
  model.graph.addInput('x', DataType.FLOAT16, [3]);
  model.graph.addNode('Neg', ['x'], { outputs: ['y'] });
  model.graph.addOutput('y', DataType.FLOAT16, [3]);
  const session = await createSession(modelToBytes(model));

  const half = Uint16Array.of(0x3c00, 0x0001, 0xfbff);
  const { y } = await session.run({ x: new Tensor('float16', half, [3]) });

  expect(y?.data).toStrictEqual(Uint16Array.of(0xbc00, 0x8001, 0x7bff));
  await session.release();
});
