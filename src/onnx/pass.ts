import type { RemarkDetails } from '../shared/remark';
import type { OnnxModel } from './model';

/** How far outputs may move: largest difference over the largest magnitude of the reference output. 0 is bit-equal. */
export interface Tolerance {
  readonly relative: number;
}

/** Why something is done to a place of the graph. */
export interface Reason {
  /** One sentence that a user who does not know graph rewriting understands: what is there and why to change it. */
  readonly reason: string;
  /** What kind of sentence it is, and its names and figures: shells in other languages make theirs of them. */
  readonly code: string;
  readonly details: RemarkDetails;
}

/** @param code in small letters; the same for sentences that differ in `details` only */
export function because(code: string, reason: string, details: RemarkDetails = {}): Reason {
  return { reason, code, details };
}

/** One place where a pass can act, as shown to the user before anything is changed. */
export interface Finding<Data = unknown> extends Reason {
  readonly pass: string;
  /** Names of the nodes concerned ({@link nodeLabel} of each), the most telling first. */
  readonly nodes: readonly string[];
  /** Shape of the value concerned now, and after the pass, as {@link formatShape} writes them; absent if it has none. */
  readonly before?: string;
  readonly after?: string;
  /** What `apply` needs: nodes, names, numbers. Holds for the graph it was found in, until that changes. */
  readonly data: Data;
}

/**
 * One rewriting of a model. It recognises what it changes by structure (operators, producers, consumers, constants,
 * shapes), never by names or by the order of nodes. Passes with settings are made by a function:
 * `fuseLayerNorm({ form: 'native' })`.
 *
 * `match` changes nothing. `apply` gets findings of this very state of the model, all or some of them: it must cope with
 * a finding whose nodes an earlier one has removed. It leaves dead nodes to the runner. Both may be asynchronous.
 *
 * @example A pass that removes `Identity`:
 * ```ts
 * export const dropIdentities: Pass<NodeProto> = {
 *   name: 'drop-identities',
 *   summary: 'Removes nodes that hand on their input unchanged.',
 *   tolerance: { relative: 0 },
 *   match: ({ graph }) =>
 *     graph.nodes.filter((node) => isOp(node, 'Identity')).map((node) => ({
 *       pass: 'drop-identities',
 *       nodes: [nodeLabel(node)],
 *       ...because('copies-input', 'This node only copies its input.'),
 *       data: node,
 *     })),
 *   apply: ({ graph }, findings) => {
 *     for (const { data: node } of findings) {
 *       const [source = ''] = node.input;
 *       const [result = ''] = node.output;
 *       if (graph.has(node)) graph.replaceAllUses(result, source);
 *     }
 *   },
 * };
 * ```
 */
export interface Pass<Data = unknown> {
  readonly name: string;
  readonly summary: string;
  readonly tolerance: Tolerance;
  match(model: OnnxModel): readonly Finding<Data>[] | Promise<readonly Finding<Data>[]>;
  apply(model: OnnxModel, findings: readonly Finding<Data>[]): void | Promise<void>;
  /** Finds and applies in one go, for a pass whose `match` has to try out what `apply` does. @returns what was done. */
  run?(model: OnnxModel): readonly Finding<Data>[] | Promise<readonly Finding<Data>[]>;
}

/** A finding without what only `apply` needs: fit for JSON. */
export type FindingReport = Omit<Finding, 'data'>;

export interface PassReport {
  readonly pass: string;
  readonly summary: string;
  readonly tolerance: Tolerance;
  readonly findings: readonly FindingReport[];
  readonly nodesBefore: number;
  readonly nodesAfter: number;
  readonly milliseconds: number;
}

/** Finds, applies, removes what became dead, and sorts. The model is changed in place. */
export async function runPass(model: OnnxModel, pass: Pass): Promise<PassReport> {
  const start = performance.now();
  const nodesBefore = countNodes(model);
  const findings = await (pass.run ?? pass.match).call(pass, model);
  if (findings.length > 0) {
    if (pass.run === undefined) await pass.apply(model, findings);
    model.graph.removeDeadNodes();
    model.graph.sort();
  }
  return {
    pass: pass.name,
    summary: pass.summary,
    tolerance: pass.tolerance,
    findings: findings.map(toFindingReport),
    nodesBefore,
    nodesAfter: countNodes(model),
    milliseconds: performance.now() - start,
  };
}

export function toFindingReport({ pass, nodes, reason, code, details, before, after }: Finding): FindingReport {
  return {
    pass,
    nodes,
    reason,
    code,
    details,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}

/** Nodes that compute: `Constant` nodes are weights by another name and do not count. */
export function countNodes(model: OnnxModel): number {
  return model.graph.nodes.filter((node) => node.opType !== 'Constant').length;
}
