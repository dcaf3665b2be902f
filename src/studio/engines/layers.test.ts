import { describe, expect, it } from 'vitest';
import { isReformat, nodesOf, parseLayers, typeOf } from './layers';

describe("TensorRT's layer information", () => {
  it('is mapped back to ONNX nodes with the precision of each layer', () => {
    const json = JSON.stringify({
      Layers: [
        {
          Name: '/encoder/Conv + /encoder/Relu',
          LayerType: 'CaskConvolution',
          ParameterType: 'Convolution',
          Inputs: [{ Name: 'pixels', 'Format/Datatype': 'Row major linear FP32' }],
          Outputs: [{ Name: 'x', 'Format/Datatype': 'Channel major FP16 format where channel % 8 == 0' }],
          Metadata: '[ONNX Layer: /encoder/Conv]\u001e[ONNX Layer: /encoder/Relu]',
        },
        {
          Name: '{ForeignNode[/a/MatMul.../b/Add]}',
          LayerType: 'Myelin',
          Inputs: [{ 'Format/Datatype': 'Half' }],
          Outputs: [{ 'Format/Datatype': 'BFloat16' }, { 'Format/Datatype': 'Int64' }],
          Metadata: '',
        },
      ],
      Bindings: ['pixels', 'logits'],
    });
    expect(parseLayers(json, ['/a/MatMul', '/b/Add', '/c/Mul'])).toEqual([
      {
        name: '/encoder/Conv + /encoder/Relu',
        kind: 'Convolution',
        inputs: ['fp32'],
        outputs: ['fp16'],
        precision: 'fp16',
        nodes: ['/encoder/Conv', '/encoder/Relu'],
      },
      {
        name: '{ForeignNode[/a/MatMul.../b/Add]}',
        kind: 'Myelin',
        inputs: ['fp16'],
        outputs: ['bf16', 'int64'],
        precision: 'bf16',
        nodes: ['/a/MatMul', '/b/Add'],
      },
    ]);
  });

  it.each([
    ['a convolution that reads 8 bits and gives 16', 'Convolution', 'Int8', 'Half', 'int8'],
    ['a product of 8-bit floats', 'MatrixMultiply', 'FP8', 'Half', 'fp8'],
    ['a conversion back to 16 bits', 'Reformat', 'Int8', 'Half', 'fp16'],
    ['a convolution whose result is quantised at once', 'Convolution', 'Half', 'Int8', 'int8'],
  ])('names the precision of %s', (_, kind, from, to, precision) => {
    const [Inputs, Outputs] = [[{ 'Format/Datatype': from }], [{ 'Format/Datatype': to }]];
    const json = JSON.stringify({ Layers: [{ Name: 'x', ParameterType: kind, Inputs, Outputs }] });
    expect(parseLayers(json, [])).toMatchObject([{ precision }]);
  });

  it('may give names only, nothing, or what nobody understands', () => {
    expect(parseLayers('{"Layers":["first","PWN(second)"]}', ['second'])).toMatchObject([
      { name: 'first', nodes: [], precision: '' },
      { name: 'PWN(second)', nodes: ['second'] },
    ]);
    expect(parseLayers('', [])).toEqual([]);
    expect(parseLayers('{', [])).toBeNull();
    expect(parseLayers('{"Other":1}', [])).toBeNull();
  });

  it.each([
    ['Row major linear FP32', 'fp32'],
    ['Row major Int8 format', 'int8'],
    ['Row major linear UInt8 format', 'uint8'],
    ['FP8 format', 'fp8'],
    ['Half', 'fp16'],
    ['N/A due to dynamic shapes', ''],
  ])('reads %s', (text, type) => expect(typeOf(text)).toBe(type));

  it('keeps brackets that belong to a node', () => {
    const metadata = '[ONNX Layer: a[0]/Add]\u001e[ONNX Layer: b]';
    expect(nodesOf('x', metadata, new Set())).toEqual(['a[0]/Add', 'b']);
  });

  it('tells conversions from computation', () => {
    expect(isReformat({ kind: 'Reformat', name: 'Reformatting CopyNode for Input Tensor 0' })).toBe(true);
    expect(isReformat({ kind: 'Convolution', name: 'a' })).toBe(false);
  });
});
