import type { Label, ModelInput, ModelManifest, ModelOutput, Preprocessing } from '../../shared/domain/model';
import type { GraphDescription } from './graph-description';

/** Something said about a network that its graph says otherwise. */
export interface Contradiction {
  /** Key in `model.json`, for example `preprocessing.size`. */
  readonly key: string;
  readonly what: string;
  readonly remedy: string;
}

export interface Claims {
  readonly labels?: readonly Label[] | undefined;
  readonly preprocessing?: Preprocessing | undefined;
  readonly output?: ModelManifest['output'];
}

export function findContradictions(claims: Claims, graph: GraphDescription): Contradiction[] {
  const output = claimedOutput(claims.output, graph);
  if (output === null) {
    const names = graph.outputs.map((each) => each.name).join(', ');
    const what = `the network has no output "${claims.output?.name ?? ''}"; it has ${names}`;
    return [{ key: 'output.name', what, remedy: `Name one of ${names}.` }];
  }
  return [
    ...kindContradictions(claims.output, output),
    ...labelContradictions(claims.labels ?? [], output),
    ...(claims.preprocessing === undefined ? [] : preprocessingContradictions(claims.preprocessing, graph.input)),
  ];
}

/** The output that `model.json` names, the first without a name, null when there is none of that name. */
export function claimedOutput(claim: ModelManifest['output'], graph: GraphDescription): ModelOutput | null {
  const named = claim?.name;
  return graph.outputs.find((output) => named === undefined || output.name === named) ?? null;
}

/** Sides that the graph fixes and the size policy does not meet. `native` meets no fixed side. */
export function missesStaticSize(preprocessing: Preprocessing, input: ModelInput): boolean {
  const { size } = preprocessing;
  if (size.mode === 'native') return input.height !== null || input.width !== null;
  return (
    (input.height !== null && input.height !== size.height) || (input.width !== null && input.width !== size.width)
  );
}

function kindContradictions(claim: ModelManifest['output'], output: ModelOutput): Contradiction[] {
  if (claim === undefined || claim.kind === output.kind) return [];
  const what = `it says ${claim.kind}, and the output "${output.name}" holds ${output.kind}`;
  return [{ key: 'output.kind', what, remedy: `Write "${output.kind}", or name another output.` }];
}

function labelContradictions(labels: readonly Label[], output: ModelOutput): Contradiction[] {
  const { classes } = output;
  if (classes === null) return [];
  const index = labels.findIndex((label) => label.id >= classes);
  const label = labels[index];
  if (label === undefined) return [];
  const what = `class ${label.id} (${label.name}) does not exist: the network tells ${classes} classes apart, 0 to ${classes - 1}`;
  return [
    { key: `labels[${index}].id`, what, remedy: 'Give the labels of this network, or the network of these labels.' },
  ];
}

function preprocessingContradictions(preprocessing: Preprocessing, input: ModelInput): Contradiction[] {
  const found: Contradiction[] = [];
  if (missesStaticSize(preprocessing, input)) {
    const { size } = preprocessing;
    const said = size.mode === 'native' ? 'pictures keep their size' : `the input has ${size.width}x${size.height}`;
    const fixed = `${input.width ?? 'any'}x${input.height ?? 'any'}`;
    const what = `it says that ${said}, and the network takes ${fixed} (width x height)`;
    found.push({
      key: 'preprocessing.size',
      what,
      remedy: `Write the size ${fixed}, or export the network with a dynamic size.`,
    });
  }
  if (input.type === 'uint8' && !isIdentity(preprocessing)) {
    const what = `pixels are scaled or normalised, and the network takes bytes (0 to 255)`;
    found.push({ key: 'preprocessing', what, remedy: 'Write scale 1, mean [0, 0, 0] and std [1, 1, 1].' });
  }
  return found;
}

function isIdentity({ scale, mean, std }: Preprocessing): boolean {
  return scale === 1 && mean.every((value) => value === 0) && std.every((value) => value === 1);
}
