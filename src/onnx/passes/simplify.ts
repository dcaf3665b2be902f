import { copyModel } from '../copy';
import { foldConstants } from '../fold';
import type { NodeProto } from '../generated/onnx_pb';
import { shapesOf } from '../infer-shapes';
import type { OnnxModel } from '../model';
import { nodeLabel } from '../node';
import { because } from '../pass';
import type { Finding, Pass, Reason } from '../pass';
import { mergeDuplicateInitializers, mergeDuplicateNodes } from '../simplify/duplicates';
import { fuseBatchNorm, fuseConvBias, fuseGemm } from '../simplify/fusions';
import { inlineIf } from '../simplify/inline-if';
import { dropNoOp } from '../simplify/no-ops';
import { absorbPad, mergePair } from '../simplify/pairs';
import type { NodeRule, SimplifyContext } from '../simplify/rewrite';
import { mergeEqualSizes, writeKnownValue, writeReshapeTarget } from '../simplify/shape-arithmetic';

/** What `simplify` does, in groups that can be reported and left out one by one. */
export type SimplifyKind =
  'fold-constants' | 'drop-no-ops' | 'merge-pairs' | 'shape-arithmetic' | 'merge-duplicates' | 'fuse-linear';

const REASONS: Readonly<Record<SimplifyKind, Reason>> = {
  'fold-constants': because(
    'constants-fold',
    'These nodes depend on no input: their result is computed once, now, instead of at every run.',
  ),
  'drop-no-ops': because('no-ops', 'These nodes hand on their input unchanged.'),
  'merge-pairs': because('pairs-merge', 'These nodes undo the node before them, or do what one node can do.'),
  'shape-arithmetic': because(
    'sizes-known',
    'These nodes compute sizes that are known already, for every size of the input.',
  ),
  'merge-duplicates': because('duplicates', 'These nodes compute what another node has computed from the same values.'),
  'fuse-linear': because(
    'linear-fuses',
    'These nodes are linear, and can be part of the weights of the layer before them.',
  ),
};

const NODE_RULES: readonly (readonly [SimplifyKind, NodeRule])[] = [
  ['drop-no-ops', dropNoOp],
  ['fold-constants', inlineIf],
  ['merge-pairs', mergePair],
  ['shape-arithmetic', writeKnownValue],
  ['shape-arithmetic', writeReshapeTarget],
  ['fuse-linear', absorbPad],
  ['fuse-linear', fuseBatchNorm],
  ['fuse-linear', fuseConvBias],
  ['fuse-linear', fuseGemm],
];

/** Each round can open the way for another; real graphs settle after three or four. */
const MAX_ROUNDS = 20;

export interface SimplifyOptions {
  /** Default: all. */
  readonly kinds?: readonly SimplifyKind[];
}

/** Names of the nodes that each group took away or rewrote. */
export type SimplifyLog = ReadonlyMap<SimplifyKind, readonly string[]>;

/**
 * Makes the graph smaller without changing what it computes: constants folded by ONNX Runtime, no-ops dropped,
 * cancelling casts and transposes removed, duplicate subexpressions merged, unused initialisers removed. Sizes that vary
 * stay variable: only what is true for every size is written down.
 */
export async function simplifyModel(model: OnnxModel, options: SimplifyOptions = {}): Promise<SimplifyLog> {
  const kinds = new Set<SimplifyKind>(options.kinds ?? Object.keys(REASONS).filter(isKind));
  const log = new Map<SimplifyKind, string[]>();
  const note = (kind: SimplifyKind, nodes: readonly NodeProto[]): boolean => {
    if (nodes.length === 0) return false;
    log.set(kind, [...(log.get(kind) ?? []), ...nodes.map(nodeLabel)]);
    return true;
  };
  const { graph } = model;
  graph.removeDeadNodes();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    let isChanged = kinds.has('fold-constants') && note('fold-constants', await foldConstants(model));
    const context: SimplifyContext = { model, graph, shapes: shapesOf(graph) };
    for (const node of graph.nodes) {
      for (const [kind, rule] of NODE_RULES) {
        if (!kinds.has(kind) || !graph.has(node) || !rule(context, node)) continue;
        note(kind, [node]);
        isChanged = true;
      }
    }
    if (kinds.has('merge-duplicates')) {
      graph.removeDeadNodes();
      mergeDuplicateInitializers(graph);
      isChanged = note('merge-duplicates', mergeDuplicateNodes(graph)) || isChanged;
    }
    if (kinds.has('shape-arithmetic')) {
      isChanged = note('shape-arithmetic', mergeEqualSizes({ model, graph, shapes: shapesOf(graph) })) || isChanged;
    }
    graph.removeDeadNodes();
    if (!isChanged) break;
  }
  graph.sort();
  return log;
}

/** {@link simplifyModel} as a pass, one finding a group. */
export function simplify(options: SimplifyOptions = {}): Pass<SimplifyKind> {
  return {
    name: 'simplify',
    summary: 'Folds constants and removes what computes nothing new.',
    tolerance: { relative: 1e-5 },
    match: async (model) => toFindings(await simplifyModel(copyModel(model), options)),
    apply: async (model, findings) => {
      await simplifyModel(model, { kinds: findings.map(({ data }) => data) });
    },
    run: async (model) => toFindings(await simplifyModel(model, options)),
  };
}

function toFindings(log: SimplifyLog): Finding<SimplifyKind>[] {
  return [...log].map(([kind, nodes]) => ({ pass: 'simplify', nodes, ...REASONS[kind], data: kind }));
}

function isKind(key: string): key is SimplifyKind {
  return key in REASONS;
}
