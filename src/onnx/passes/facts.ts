import { DataType } from '../data-type';
import type { Graph } from '../graph';
import { formatShape, shapesOf } from '../infer-shapes';
import type { Dim } from '../symbolic';

/** What is known of a value, in the form that matchers ask for. */
export interface ValueFacts {
  readonly type: DataType | undefined;
  /** Sizes as plain numbers: undefined where one varies. The whole is undefined when the rank is unknown. */
  readonly dims: readonly (number | undefined)[] | undefined;
  /** The same sizes as formulas over the inputs' sizes. */
  readonly shape: readonly Dim[] | undefined;
  /** For findings. */
  readonly text: string;
}

export type FactsOf = (value: string) => ValueFacts | undefined;

/** Looks values up in the graph's inferred shapes as they are now: ask anew after changing the graph. */
export function factsOf(graph: Graph): FactsOf {
  const table = shapesOf(graph);
  const known = new Map<string, ValueFacts>();
  return (value) => {
    const entry = known.get(value);
    const found = entry === undefined ? table.type(value) : undefined;
    if (found === undefined) return entry;
    const facts = {
      type: found.type === DataType.UNDEFINED ? undefined : found.type,
      dims: found.dims?.map((dim) => (typeof dim === 'number' ? dim : undefined)),
      shape: found.dims,
      text: formatShape(found.dims),
    };
    known.set(value, facts);
    return facts;
  };
}
