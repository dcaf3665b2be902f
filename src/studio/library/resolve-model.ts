import type { ErrorReport } from '../../shared/app-error';
import { AppError } from '../../shared/app-error';
import type {
  Label,
  Licence,
  MetadataSource,
  ModelManifest,
  ModelOutput,
  Preprocessing,
} from '../../shared/domain/model';
import { claimedOutput, findContradictions } from './contradictions';
import type { GraphDescription } from './graph-description';
import { isRecord, labelsFromConfig, preprocessingFromProcessor } from './huggingface';
import { completeLabels, fitLabels } from './labels';
import { remark } from '../../shared/remark';
import { readMetadata } from './onnx-metadata';
import { assumedPreprocessing, fitToGraph } from './preprocessing-values';

/** Everything that was found about a model, each part as its file has it. */
export interface ModelEvidence {
  readonly graph: GraphDescription;
  /** What the user picked. */
  readonly user: { readonly labels?: Label[] | undefined; readonly preprocessing?: Preprocessing | undefined };
  readonly manifest: { readonly file: string; readonly content: ModelManifest } | null;
  /** Parsed JSON of Hugging Face's files, null when absent. */
  readonly config: unknown;
  readonly processor: unknown;
}

export interface ResolvedModel {
  readonly output: ModelOutput;
  readonly name: string | null;
  readonly labels: Label[];
  readonly labelsSource: MetadataSource;
  readonly preprocessing: Preprocessing;
  readonly preprocessingSource: MetadataSource;
  readonly licence: Licence | undefined;
  readonly warnings: ErrorReport[];
}

/**
 * Labels and preprocessing from the first source that has them: the user, `model.json`, ONNX metadata, Hugging Face's
 * files, an assumption. Throws MODEL_MANIFEST_CONTRADICTS when `model.json` says what the graph denies; other people's
 * files are bent to the graph, with a warning.
 */
export function resolveModel(evidence: ModelEvidence): ResolvedModel {
  const { graph, manifest } = evidence;
  if (manifest !== null) refuseContradictions(manifest, graph);
  const output = claimedOutput(manifest?.content.output, graph) ?? graph.outputs[0];
  if (output === undefined) throw new Error('A described graph has at least one output.');
  const metadata = readMetadata(graph.metadata, graph.input);
  const warnings: ErrorReport[] = [...graph.notes, ...metadata.warnings];
  if (graph.outputs.length > 1 && manifest?.content.output?.name === undefined) {
    const what = `Of ${graph.outputs.length} outputs, ${output.name} is used; model.json can name another.`;
    warnings.push(remark('output-chosen', what, { outputs: graph.outputs.length, output: output.name }));
  }
  const user = userChoices(evidence, warnings);
  const labels = pickLabels(evidence, user.labels, metadata.labels, output, warnings);
  const preprocessing = pickPreprocessing(evidence, user.preprocessing, metadata.preprocessing, warnings);
  return {
    output,
    name: manifest?.content.name ?? metadata.name,
    labels: labels.value,
    labelsSource: labels.source,
    preprocessing: preprocessing.value,
    preprocessingSource: preprocessing.source,
    licence: manifest?.content.licence,
    warnings,
  };
}

function refuseContradictions(
  { file, content }: { file: string; content: ModelManifest },
  graph: GraphDescription,
): void {
  const [first] = findContradictions(content, graph);
  if (first === undefined) return;
  throw new AppError('MODEL_MANIFEST_CONTRADICTS', `${file} contradicts the network: "${first.key}": ${first.what}.`, {
    hint: first.remedy,
    details: { file, key: first.key },
  });
}

/** The network may have changed since the user chose; what no longer fits is left out. */
function userChoices({ user, graph }: ModelEvidence, warnings: ErrorReport[]): ModelEvidence['user'] {
  const [first] = findContradictions(user, graph);
  if (first === undefined) return user;
  const what = `What was chosen for this model no longer fits the network (${first.what}) and is not used.`;
  warnings.push(remark('choices-outdated', what));
  return {};
}

interface Picked<T> {
  readonly value: T;
  readonly source: MetadataSource;
}

function pickLabels(
  { manifest, config }: ModelEvidence,
  chosen: Label[] | undefined,
  fromMetadata: Label[] | null,
  output: ModelOutput,
  warnings: ErrorReport[],
): Picked<Label[]> {
  if (chosen !== undefined) return { value: completeLabels(chosen, output.classes), source: 'user' };
  const written = manifest?.content.labels;
  const candidates: readonly [MetadataSource, string, Label[] | null | undefined][] = [
    ['manifest', 'model.json', written],
    ['onnx-metadata', 'The metadata of the ONNX file', fromMetadata],
    ['huggingface', 'config.json', isRecord(config) ? labelsFromConfig(config) : null],
  ];
  for (const [source, name, labels] of candidates) {
    if (labels === null || labels === undefined || labels.length === 0) continue;
    const fitted = fitLabels(labels, output.classes, name);
    warnings.push(...fitted.warnings);
    return { value: fitted.labels, source };
  }
  warnings.push(
    output.classes === null
      ? remark(
          'labels-and-count-unknown',
          'Nothing names the classes, and the network does not tell how many there are; they are numbered.',
        )
      : remark('labels-unknown', 'Nothing names the classes; they are numbered.'),
  );
  return { value: completeLabels([], output.classes), source: 'assumed' };
}

function pickPreprocessing(
  { graph, manifest, processor }: ModelEvidence,
  chosen: Preprocessing | undefined,
  fromMetadata: Preprocessing | null,
  warnings: ErrorReport[],
): Picked<Preprocessing> {
  if (chosen !== undefined) return { value: chosen, source: 'user' };
  const written = manifest?.content.preprocessing;
  if (written !== undefined) return { value: written, source: 'manifest' };
  if (fromMetadata !== null) {
    const fitted = fitToGraph(fromMetadata, graph.input, 'The metadata of the ONNX file');
    warnings.push(...fitted.warnings);
    return { value: fitted.preprocessing, source: 'onnx-metadata' };
  }
  if (isRecord(processor)) {
    const read = preprocessingFromProcessor(processor, graph.input);
    const fitted = fitToGraph(read.preprocessing, graph.input, 'preprocessor_config.json');
    warnings.push(...read.warnings, ...fitted.warnings);
    return { value: fitted.preprocessing, source: 'huggingface' };
  }
  const value = assumedPreprocessing(graph.input);
  warnings.push(assumption(value, graph.input.type === 'uint8'));
  return { value, source: 'assumed' };
}

function assumption({ size }: Preprocessing, bytes: boolean): ErrorReport {
  const sides = size.mode === 'native' ? 'their own size' : `${size.width}x${size.height}`;
  const values = bytes ? 'passed on as bytes' : "normalised with ImageNet's mean and deviation, in RGB order";
  const what = `Nothing tells how pictures are prepared; they are stretched to ${sides} and ${values}. Check the preview.`;
  const details: Record<string, number> = size.mode === 'native' ? {} : { width: size.width, height: size.height };
  return remark(bytes ? 'preprocessing-assumed-bytes' : 'preprocessing-assumed', what, details);
}
