/*
 * Sizes as formulas over named sizes, in a normal form, so that the same size computed in two ways compares equal:
 * `floor((H - 1) / 4) + 1` and `floor((H + 3) / 4)` have one key.
 *
 * A formula is a sum of products with whole coefficients; a product's factors are names and indivisible parts (a floor
 * division or a larger-of that could not be resolved). Names stand for sizes, so they are at least 1: what is floored is
 * never negative where a network makes sense.
 */

/** A size: a plain number wherever the value is known. */
export type Dim = number | Formula;

interface Product {
  readonly coefficient: number;
  /** Keys of the factors, sorted; a factor that stands squared is listed twice. */
  readonly factors: readonly Factor[];
}

type Factor =
  | { readonly key: string; readonly kind: 'name' }
  | { readonly key: string; readonly kind: 'floor'; readonly numerator: Dim; readonly divisor: Dim }
  | {
      readonly key: string;
      readonly kind: 'choice';
      readonly choose: 'max' | 'min';
      readonly options: readonly [Dim, Dim];
    };

/** Products past this are not multiplied out: the result is one new unknown. */
const MAX_PRODUCTS = 24;

export class Formula {
  /** Equal formulas have equal keys; also what is shown to a user. */
  readonly key: string;
  readonly constant: number;
  readonly products: readonly Product[];

  constructor(constant: number, products: readonly Product[]) {
    this.constant = constant;
    this.products = products;
    this.key = formatFormula(constant, products);
  }

  toString(): string {
    return this.key;
  }
}

let unknowns = 0;

/** A size of which nothing is known; equal to itself only. Shown as `?`. */
export function unknownDim(): Dim {
  unknowns += 1;
  return nameDim(`?${unknowns}`);
}

export function nameDim(name: string): Dim {
  return new Formula(0, [{ coefficient: 1, factors: [{ key: name, kind: 'name' }] }]);
}

export function isKnown(dim: Dim): dim is number {
  return typeof dim === 'number';
}

/** True for a size that depends on nothing that has a name. */
export function isUnknown(dim: Dim): boolean {
  return typeof dim !== 'number' && dim.key.includes('?');
}

export function sameDim(one: Dim, other: Dim): boolean {
  return typeof one === 'number' || typeof other === 'number' ? one === other : one.key === other.key;
}

export function formatDim(dim: Dim): string {
  if (typeof dim === 'number') return `${dim}`;
  return /^\?\d+$/.test(dim.key) ? '?' : dim.key.replace(/\?\d+/g, '?');
}

export function addDims(one: Dim, other: Dim): Dim {
  if (typeof one === 'number' && typeof other === 'number') return one + other;
  const [left, right] = [toFormula(one), toFormula(other)];
  return normalise(left.constant + right.constant, [...left.products, ...right.products]);
}

export function scaleDim(dim: Dim, factor: number): Dim {
  if (typeof dim === 'number') return dim * factor;
  return normalise(
    dim.constant * factor,
    dim.products.map(({ coefficient, factors }) => ({ coefficient: coefficient * factor, factors })),
  );
}

export function subtractDims(one: Dim, other: Dim): Dim {
  return addDims(one, scaleDim(other, -1));
}

export function multiplyDims(one: Dim, other: Dim): Dim {
  if (typeof one === 'number') return scaleDim(other, one);
  if (typeof other === 'number') return scaleDim(one, other);
  if ((one.products.length + 1) * (other.products.length + 1) > MAX_PRODUCTS) return unknownDim();
  const products: Product[] = [];
  for (const left of one.products) {
    products.push({ coefficient: left.coefficient * other.constant, factors: left.factors });
    for (const right of other.products) {
      const factors = [...left.factors, ...right.factors].sort((a, b) => (a.key < b.key ? -1 : 1));
      products.push({ coefficient: left.coefficient * right.coefficient, factors });
    }
  }
  for (const right of other.products) {
    products.push({ coefficient: right.coefficient * one.constant, factors: right.factors });
  }
  return normalise(one.constant * other.constant, products);
}

export function productOf(dims: readonly Dim[]): Dim {
  return dims.reduce(multiplyDims, 1);
}

/** floor(dim / divisor); a divisor of 0 gives an unknown. */
export function floorDivide(dim: Dim, divisor: Dim): Dim {
  if (divisor === 1) return dim;
  if (divisor === 0) return unknownDim();
  if (typeof divisor !== 'number') return divideByFormula(dim, divisor);
  if (typeof dim === 'number') return Math.floor(dim / divisor);
  if (divisor < 0) return floorDivide(scaleDim(dim, -1), -divisor);
  // What divides evenly leaves the floor.
  const outside = dim.products.filter(({ coefficient }) => coefficient % divisor === 0);
  const inside = dim.products.filter(({ coefficient }) => coefficient % divisor !== 0);
  const remainder = ((dim.constant % divisor) + divisor) % divisor;
  const whole = normalise(
    (dim.constant - remainder) / divisor,
    outside.map(({ coefficient, factors }) => ({ coefficient: coefficient / divisor, factors })),
  );
  if (inside.length === 0) return whole;
  const rest = new Formula(remainder, inside);
  if ((inside[0]?.coefficient ?? 1) > 0) return addDims(whole, floorFactor(rest, divisor));
  // A ceiling written as -floor(-x): floor(x / m) is -floor((m - 1 - x) / m).
  return subtractDims(whole, floorDivide(addDims(scaleDim(rest, -1), divisor - 1), divisor));
}

export function ceilDivide(dim: Dim, divisor: number): Dim {
  return floorDivide(addDims(dim, divisor - 1), divisor);
}

export function maxDims(one: Dim, other: Dim): Dim {
  return choose('max', one, other);
}

export function minDims(one: Dim, other: Dim): Dim {
  return choose('min', one, other);
}

/** The value where names have the given sizes; undefined when a name is missing. */
export function evaluateDim(dim: Dim, sizes: ReadonlyMap<string, number>): number | undefined {
  if (typeof dim === 'number') return dim;
  let sum = dim.constant;
  for (const { coefficient, factors } of dim.products) {
    let product = coefficient;
    for (const factor of factors) {
      const value = evaluateFactor(factor, sizes);
      if (value === undefined) return undefined;
      product *= value;
    }
    sum += product;
  }
  return sum;
}

/** Names that the size depends on. */
export function namesIn(dim: Dim): Set<string> {
  const names = new Set<string>();
  if (typeof dim === 'number') return names;
  for (const { factors } of dim.products) {
    for (const factor of factors) {
      if (factor.kind === 'name') names.add(factor.key);
      else {
        const parts = factor.kind === 'floor' ? [factor.numerator, factor.divisor] : factor.options;
        for (const part of parts) for (const name of namesIn(part)) names.add(name);
      }
    }
  }
  return names;
}

function evaluateFactor(factor: Factor, sizes: ReadonlyMap<string, number>): number | undefined {
  if (factor.kind === 'name') return sizes.get(factor.key);
  const [one, other] = factor.kind === 'floor' ? [factor.numerator, factor.divisor] : factor.options;
  const left = evaluateDim(one, sizes);
  const right = evaluateDim(other, sizes);
  if (left === undefined || right === undefined) return undefined;
  if (factor.kind === 'floor') return Math.floor(left / right);
  return factor.choose === 'max' ? Math.max(left, right) : Math.min(left, right);
}

/** floor(floor(a / m) + c) / n) is floor((a + c·m) / (m·n)): keeps chains of strided layers in one floor. */
function floorFactor(dim: Formula, divisor: number): Dim {
  const [only] = dim.products;
  const [factor] = only?.factors ?? [];
  if (dim.products.length === 1 && only?.coefficient === 1 && only.factors.length === 1 && factor?.kind === 'floor') {
    if (typeof factor.divisor === 'number') {
      const numerator = addDims(factor.numerator, dim.constant * factor.divisor);
      return floorDivide(numerator, factor.divisor * divisor);
    }
  }
  return factorDim({ key: `floor((${dim.key})/${divisor})`, kind: 'floor', numerator: dim, divisor });
}

/** Division by a size that has a name: exact where every product holds all its factors, as H·W·C / W. */
function divideByFormula(dim: Dim, divisor: Formula): Dim {
  if (dim === 0) return 0;
  if (sameDim(dim, divisor)) return 1;
  const [only] = divisor.products;
  if (
    typeof dim !== 'number' &&
    dim.constant === 0 &&
    divisor.constant === 0 &&
    divisor.products.length === 1 &&
    only
  ) {
    const quotients = dim.products.map((product) => divideProduct(product, only));
    if (quotients.every((quotient): quotient is Product => quotient !== undefined)) return normalise(0, quotients);
  }
  const multiple = typeof dim === 'number' ? undefined : multipleOf(dim, divisor);
  if (multiple !== undefined) return multiple;
  return factorDim({ key: `floor((${formatKey(dim)})/(${divisor.key}))`, kind: 'floor', numerator: dim, divisor });
}

/** k when dim = k · divisor with a whole k. */
function multipleOf(dim: Formula, divisor: Formula): number | undefined {
  const [first] = dim.products;
  const [base] = divisor.products;
  if (first === undefined || base === undefined || first.coefficient % base.coefficient !== 0) return undefined;
  const factor = first.coefficient / base.coefficient;
  return sameDim(scaleDim(divisor, factor), dim) ? factor : undefined;
}

function divideProduct(product: Product, divisor: Product): Product | undefined {
  if (product.coefficient % divisor.coefficient !== 0) return undefined;
  const factors = [...product.factors];
  for (const { key } of divisor.factors) {
    const index = factors.findIndex((factor) => factor.key === key);
    if (index < 0) return undefined;
    factors.splice(index, 1);
  }
  return { coefficient: product.coefficient / divisor.coefficient, factors };
}

function choose(which: 'max' | 'min', one: Dim, other: Dim): Dim {
  const difference = subtractDims(one, other);
  if (typeof difference === 'number') {
    const oneIsLarger = difference >= 0;
    return oneIsLarger === (which === 'max') ? one : other;
  }
  // A size is at least 1, so a floor of 0 or 1 under a plain name says nothing.
  const [small, large] = typeof one === 'number' ? [one, other] : [other, one];
  const isName = typeof large !== 'number' && large.constant === 0 && large.products.length === 1;
  if (typeof small === 'number' && small <= 1 && isName && isPlainName(large)) return which === 'max' ? large : small;
  const options: [Dim, Dim] = formatKey(one) < formatKey(other) ? [one, other] : [other, one];
  const key = `${which}(${formatKey(options[0])}, ${formatKey(options[1])})`;
  return factorDim({ key, kind: 'choice', choose: which, options });
}

function isPlainName(formula: Formula): boolean {
  const [product] = formula.products;
  return product?.coefficient === 1 && product.factors.length === 1 && product.factors[0]?.kind === 'name';
}

function factorDim(factor: Factor): Dim {
  return new Formula(0, [{ coefficient: 1, factors: [factor] }]);
}

function toFormula(dim: Dim): Formula {
  return typeof dim === 'number' ? new Formula(dim, []) : dim;
}

function normalise(constant: number, products: readonly Product[]): Dim {
  const merged = new Map<string, Product>();
  for (const product of products) {
    const key = factorsKey(product.factors);
    const sum = (merged.get(key)?.coefficient ?? 0) + product.coefficient;
    merged.set(key, { coefficient: sum, factors: product.factors });
  }
  const number = constant + (merged.get('')?.coefficient ?? 0);
  const kept = [...merged].filter(([key, { coefficient }]) => key !== '' && coefficient !== 0);
  if (kept.length === 0) return number;
  kept.sort(([a], [b]) => (a < b ? -1 : 1));
  return new Formula(
    number,
    kept.map(([, product]) => product),
  );
}

function factorsKey(factors: readonly Factor[]): string {
  return factors.map(({ key }) => key).join('*');
}

function formatKey(dim: Dim): string {
  return typeof dim === 'number' ? `${dim}` : dim.key;
}

function formatFormula(constant: number, products: readonly Product[]): string {
  const terms = products.map(({ coefficient, factors }) => {
    const key = factorsKey(factors);
    if (coefficient === 1) return key;
    return coefficient === -1 ? `-${key}` : `${coefficient}*${key}`;
  });
  if (constant !== 0 || terms.length === 0) terms.push(`${constant}`);
  return terms.join(' + ').replaceAll('+ -', '- ');
}
