import type { DoctorItem } from '../../shared/domain/runtime';
import type { FoundRuntime, RuntimeLibrary } from '../../shared/domain/runtime-library';
import { familyNames } from '../../runtimes/tensorrt/find-libraries-names';

const OUTCOMES: Readonly<Record<RuntimeLibrary['places'][number]['outcome'], string>> = {
  found: 'found',
  nothing: 'nothing',
  absent: 'not there',
  unreadable: 'unreadable',
  'not-named': 'not set',
};
const STATES: Readonly<Record<FoundRuntime['state'], string>> = {
  builds: 'usable',
  'builds-only': 'builds engines, runs none without a GPU',
  runs: 'runs engines, builds none',
  unserved: 'not usable here',
  incomplete: 'not usable',
  broken: 'broken',
};
const NATIVE = 'Build it with `npm run native` (docs/native.md).';

/** The doctor's lines about TensorRT: card and driver, our own native build, each family. */
export function tensorRtItems(library: RuntimeLibrary): DoctorItem[] {
  const families = ['tensorrt-10', 'tensorrt-11', 'tensorrt-rtx'] as const;
  return [gpu(library), addon(library), plugins(library), ...families.map((family) => familyItem(library, family))];
}

function gpu({ gpu: { state, found, lookedAt, remedy } }: RuntimeLibrary): DoctorItem {
  const mark = state === 'ready' ? 'ok' : state === 'no-card' ? 'missing' : 'warning';
  return { id: 'gpu', title: 'GPU', state: mark, found, lookedAt, remedy };
}

function addon({ addon: { file, problem, backends } }: RuntimeLibrary): DoctorItem {
  const base = { id: 'addon', title: 'Native addon', lookedAt: file === null ? [] : [file] };
  if (problem !== '') return { ...base, state: 'missing', found: 'not usable', remedy: problem };
  if (backends.length === 0)
    return { ...base, state: 'warning', found: `${file ?? ''}, without any backend`, remedy: NATIVE };
  return { ...base, state: 'ok', found: `${file ?? ''} with ${backends.join(', ')}`, remedy: '' };
}

function plugins({ addon: { plugins: names } }: RuntimeLibrary): DoctorItem {
  const base = { id: 'plugins', title: 'TensorRT plugins', lookedAt: [] };
  if (names.length > 0) return { ...base, state: 'ok', found: names.join(', '), remedy: '' };
  return { ...base, state: 'missing', found: 'none; engines are built without them', remedy: NATIVE };
}

function familyItem(library: RuntimeLibrary, family: FoundRuntime['family']): DoctorItem {
  const title = familyNames[family];
  const base = { id: family, title, lookedAt: placesOf(library, title) };
  const found = library.found.filter((each) => each.family === family);
  const best = found.find(({ chosen }) => chosen) ?? found.find(({ state }) => state.startsWith('builds')) ?? found[0];
  if (best === undefined) return { ...base, state: 'missing', found: 'not found', remedy: howToGet(library, family) };
  const words = `${best.version} in ${best.directory}: ${STATES[best.state]}${best.chosen ? ', in use' : ''}`;
  const usable = best.state.startsWith('builds') && best.problems.length === 0;
  return { ...base, state: usable ? 'ok' : 'warning', found: words, remedy: best.problems.join(' ') };
}

/** Every place with what was there; variables that nobody set share a line. */
function placesOf({ places }: RuntimeLibrary, title: string): string[] {
  const unset = places.filter(({ outcome }) => outcome === 'not-named').map(({ source }) => source);
  const lines = places
    .filter(({ outcome }) => outcome !== 'not-named')
    .map(({ source, path, outcome, findings }) => {
      const about = findings.filter(
        (finding) => outcome !== 'found' || finding.includes(title) || !/^TensorRT/.test(finding),
      );
      const said = about.length > 0 ? about.join(' ') : outcome === 'found' ? 'not this one' : OUTCOMES[outcome];
      return `${source}${path === '' ? '' : ` (${path})`}: ${said}`;
    });
  return unset.length > 0 ? [`${unset.join(', ')}: not set`, ...lines] : lines;
}

function howToGet({ offers, found, gpu: { state } }: RuntimeLibrary, family: FoundRuntime['family']): string {
  const offer = offers.find(({ id }) => id === (family === 'tensorrt-rtx' ? 'rtx' : 'tensorrt'));
  if (offer === undefined || offer.unavailable !== '') return offer?.unavailable ?? '';
  if (offer.suitsDevice === false) return `It does not serve the GPU of this machine (it serves ${offer.serves}).`;
  const version = family === 'tensorrt-11' ? ' --version 11.4.0.106' : '';
  // One that can be used is enough.
  const used = found.find(({ chosen }) => chosen);
  if (used !== undefined) return `Not needed: ${used.name} ${used.version} is in use.`;
  const whom = family === 'tensorrt-11' ? '' : ` ${offer.summary}`;
  const first = state === 'no-card' ? 'Of use with an NVIDIA GPU only: ' : '';
  return `${first}\`maskforge runtimes install ${offer.id}${version}\` fetches it.${whom}`;
}
