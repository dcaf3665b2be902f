import { DataType } from '../data-type';
import { attributeInt } from '../node';
import type { Dim } from '../symbolic';
import { addDims, floorDivide, maxDims, minDims, multiplyDims, scaleDim, subtractDims } from '../symbolic';
import { broadcast } from './rule';
import type { Rule, RuleContext } from './rule';

/** Output 0 has the type and shape of input 0. */
const likeFirst: Rule = (context) => context.give(0, context.type(0), context.dims(0));

const LIKE_FIRST = [
  'Abs Acos Acosh Asin Asinh Atan Atanh BatchNormalization Celu Clip Cos Cosh CumSum Elu Erf Exp Gelu GroupNormalization',
  'HardSigmoid HardSwish Hardmax InstanceNormalization LRN LeakyRelu Log LogSoftmax LpNormalization',
  'MeanVarianceNormalization Mish RMSNormalization Relu Reciprocal ScatterElements ScatterND Selu',
  'Shrink Sigmoid Sign Sin Sinh Softmax Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu Trilu BitwiseNot PRelu',
]
  .join(' ')
  .split(' ');

type Arithmetic = (one: Dim, other: Dim) => Dim | undefined;

/** Formulas stand for whole numbers; a fraction can only come from two plain numbers. */
const ARITHMETIC: Readonly<Record<string, Arithmetic>> = {
  Add: addDims,
  Sub: subtractDims,
  Mul: (one, other) =>
    isWhole(one) && isWhole(other) ? multiplyDims(one, other) : numeric(one, other, (a, b) => a * b),
  Mod: modulo,
  Pow: (one, other) => numeric(one, other, (a, b) => a ** b),
  Max: maxDims,
  Min: minDims,
};

const COMPARISONS: Readonly<Record<string, (difference: number) => boolean>> = {
  Equal: (difference) => difference === 0,
  Less: (difference) => difference < 0,
  LessOrEqual: (difference) => difference <= 0,
  Greater: (difference) => difference > 0,
  GreaterOrEqual: (difference) => difference >= 0,
};

const BOOLEANS: Readonly<Record<string, (one: Dim, other: Dim) => Dim | undefined>> = {
  And: (one, other) => numeric(one, other, (a, b) => (a !== 0 && b !== 0 ? 1 : 0)),
  Or: (one, other) => numeric(one, other, (a, b) => (a !== 0 || b !== 0 ? 1 : 0)),
  Xor: (one, other) => numeric(one, other, (a, b) => ((a !== 0) !== (b !== 0) ? 1 : 0)),
};

export const elementwiseRules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(LIKE_FIRST.map((opType) => [opType, likeFirst])),
  Identity: (context) => {
    likeFirst(context);
    context.giveValues(0, context.values(0));
  },
  Dropout: (context) => {
    likeFirst(context);
    context.give(1, DataType.BOOL, context.dims(0));
  },
  LayerNormalization: (context) => {
    likeFirst(context);
  },
  Cast: (context) => cast(context, attributeInt(context.node, 'to', DataType.UNDEFINED)),
  CastLike: (context) => cast(context, context.type(1)),
  Neg: (context) => mapValues(context, (value) => scaleDim(value, -1)),
  Floor: (context) => mapValues(context, (value) => (typeof value === 'number' ? Math.floor(value) : value)),
  Ceil: (context) => mapValues(context, (value) => (typeof value === 'number' ? Math.ceil(value) : value)),
  Round: (context) => mapValues(context, (value) => (typeof value === 'number' ? roundHalfToEven(value) : value)),
  Not: (context) => mapValues(context, (value) => (typeof value === 'number' ? (value === 0 ? 1 : 0) : undefined)),
  IsNaN: (context) => context.give(0, DataType.BOOL, context.dims(0)),
  IsInf: (context) => context.give(0, DataType.BOOL, context.dims(0)),
  QuantizeLinear: (context) => {
    const type = context.has(2) ? context.type(2) : attributeInt(context.node, 'output_dtype', DataType.UINT8);
    context.give(0, type === DataType.UNDEFINED ? DataType.UINT8 : type, context.dims(0));
  },
  DequantizeLinear: (context) => context.give(0, context.type(1), context.dims(0)),
  Div: (context) => {
    const isInteger = context.type(0) === DataType.INT64 || context.type(0) === DataType.INT32;
    combine(context, context.type(0), (one, other) => (isInteger ? floorDivide(one, other) : divideReal(one, other)));
  },
  Where: where,
  ...Object.fromEntries(
    Object.entries(ARITHMETIC).map(([opType, operate]): [string, Rule] => [
      opType,
      (context) => combine(context, context.type(0), operate),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(COMPARISONS).map(([opType, holds]): [string, Rule] => [
      opType,
      (context) => combine(context, DataType.BOOL, (one, other) => compare(one, other, holds)),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(BOOLEANS).map(([opType, operate]): [string, Rule] => [
      opType,
      (context) => combine(context, DataType.BOOL, operate),
    ]),
  ),
  Sum: variadic,
  Mean: variadic,
  BitShift: variadic,
  BitwiseAnd: variadic,
  BitwiseOr: variadic,
  BitwiseXor: variadic,
};

function cast(context: RuleContext, to: DataType): void {
  context.give(0, to, context.dims(0));
  const values = context.values(0);
  const isWhole = to === DataType.INT64 || to === DataType.INT32;
  if (to === DataType.BOOL) context.giveValues(0, keepAll(values?.map((value) => truth(value))));
  else
    context.giveValues(
      0,
      values?.map((value) => (isWhole && typeof value === 'number' ? Math.trunc(value) : value)),
    );
}

function truth(value: Dim): Dim | undefined {
  return typeof value === 'number' ? (value === 0 ? 0 : 1) : undefined;
}

function mapValues(context: RuleContext, operate: (value: Dim) => Dim | undefined): void {
  likeFirst(context);
  context.giveValues(0, keepAll(context.values(0)?.map(operate)));
}

function variadic(context: RuleContext): void {
  let dims = context.dims(0);
  for (let index = 1; index < context.node.input.length; index += 1) dims = broadcast(dims, context.dims(index));
  context.give(0, context.type(0), dims);
}

function combine(context: RuleContext, type: DataType, operate: Arithmetic): void {
  variadic(context);
  let dims = context.dims(0);
  let values = context.values(0);
  for (let index = 1; index < context.node.input.length; index += 1) {
    dims = broadcast(dims, context.dims(index));
    values = isFlat(dims) ? zip(values, context.values(index), operate) : undefined;
  }
  context.give(0, type, dims);
  context.giveValues(0, values);
}

/** Element by element works for lists only: broadcasting tables is left to the runtime. */
function isFlat(dims: readonly Dim[] | undefined): boolean {
  return dims !== undefined && dims.length <= 1;
}

/** Lists of one element broadcast. */
function zip(
  one: readonly Dim[] | undefined,
  other: readonly Dim[] | undefined,
  operate: Arithmetic,
): readonly Dim[] | undefined {
  if (one === undefined || other === undefined) return undefined;
  if (one.length !== other.length && one.length !== 1 && other.length !== 1) return undefined;
  const length = one.length === 1 ? other.length : one.length;
  return keepAll(
    Array.from({ length }, (_, index) => {
      const left = one[one.length === 1 ? 0 : index];
      const right = other[other.length === 1 ? 0 : index];
      return left === undefined || right === undefined ? undefined : operate(left, right);
    }),
  );
}

function where(context: RuleContext): void {
  const dims = broadcast(broadcast(context.dims(0), context.dims(1)), context.dims(2));
  context.give(0, context.type(1), dims);
  if (!isFlat(dims)) return;
  const conditions = context.values(0);
  const [yes, no] = [context.values(1), context.values(2)];
  if (conditions === undefined || yes === undefined || no === undefined) return;
  const length = Math.max(conditions.length, yes.length, no.length);
  const at = (list: readonly Dim[], index: number): Dim | undefined => list[list.length === 1 ? 0 : index];
  const chosen = Array.from({ length }, (_, index) => {
    const condition = at(conditions, index);
    return typeof condition === 'number' ? at(condition === 0 ? no : yes, index) : undefined;
  });
  context.giveValues(0, keepAll(chosen));
}

/** A comparison that holds, or fails, whatever the sizes are; names stand for sizes of at least 1. */
function compare(one: Dim, other: Dim, holds: (difference: number) => boolean): Dim | undefined {
  const difference = subtractDims(one, other);
  if (typeof difference === 'number') return holds(difference) ? 1 : 0;
  // All terms grow with the sizes: the difference is at least this, and a floor is at least 0.
  if (!difference.products.every(({ coefficient }) => coefficient > 0)) return undefined;
  const names = difference.products.filter(({ factors }) => factors.every(({ kind }) => kind === 'name'));
  const least = difference.constant + names.reduce((sum, { coefficient }) => sum + coefficient, 0);
  return least > 0 && holds(least) === holds(Infinity) ? (holds(least) ? 1 : 0) : undefined;
}

function divideReal(one: Dim, other: Dim): Dim | undefined {
  if (typeof one === 'number' && typeof other === 'number') return other === 0 ? undefined : one / other;
  // Only what divides evenly is the same as a real division.
  return isExact(one, other, floorDivide(one, other));
}

/** With the divisor's sign, as ONNX defines it for whole numbers. */
function modulo(one: Dim, other: Dim): Dim | undefined {
  if (!isWhole(one) || !isWhole(other) || other === 0) return undefined;
  return subtractDims(one, multiplyDims(floorDivide(one, other), other));
}

function isExact(one: Dim, other: Dim, quotient: Dim): Dim | undefined {
  return subtractDims(multiplyDims(quotient, other), one) === 0 ? quotient : undefined;
}

function numeric(one: Dim, other: Dim, operate: (a: number, b: number) => number): Dim | undefined {
  if (typeof one !== 'number' || typeof other !== 'number') return undefined;
  const value = operate(one, other);
  return Number.isFinite(value) ? value : undefined;
}

function isWhole(dim: Dim): boolean {
  return typeof dim !== 'number' || Number.isInteger(dim);
}

function keepAll(values: readonly (Dim | undefined)[] | undefined): readonly Dim[] | undefined {
  return values?.every((value): value is Dim => value !== undefined) === true ? (values as readonly Dim[]) : undefined;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
