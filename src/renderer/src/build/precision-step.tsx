import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { EngineFamily, Precision } from '../../../shared/domain/engine';
import type { ModelSummary } from '../../../shared/domain/model';
import type { GpuState, RuntimeLibrary } from '../../../shared/domain/runtime-library';
import { runtimeName } from '../engines/engine-facts';
import { ErrorCard } from '../notices/error-card';
import type { LoadedRuntimes } from '../runtimes/use-runtimes';
import type { RuntimeChoice } from './build-draft';
import { rtxTargets } from './build-draft';
import { changeDraft, useBuild } from './build-store';
import type { Choice } from './choice';
import { Choices, Option } from './choice';
import { useMeasuredHere, useSlowerHere } from './measured-here';
import { NoTensorRt } from './no-runtime';
import { buildersOf, precisionOf, precisionsFor, runtimeOf } from './runtime-choice';
import { useTunedHere } from './tune-verdict';
import styles from './wizard.module.css';

interface PrecisionProps {
  readonly model: ModelSummary;
  readonly runtimes: LoadedRuntimes;
}

/** What builds and runs the network, and what it computes in there. */
export function PrecisionStep({ model, runtimes }: PrecisionProps) {
  const { t } = useTranslation();
  const draft = useBuild((state) => state.draft);
  const library = runtimes.kind === 'library' ? runtimes.library : null;
  const runtime = library === null ? null : runtimeOf(library, draft);
  return (
    <>
      <section className={styles.group} aria-label={t('build.runtime.title')}>
        <h3 className={styles.heading}>{t('build.runtime.title')}</h3>
        {runtimes.kind === 'loading' && (
          <p className={styles.soft} role="status">
            {t('build.runtime.searching')}
          </p>
        )}
        {runtimes.kind === 'failed' && <ErrorCard error={runtimes.error} />}
        {library !== null && <Runtime library={library} />}
      </section>
      <section className={styles.group} aria-label={t('models.precision')}>
        <h3 className={styles.heading}>{t('models.precision')}</h3>
        <Precisions model={model} family={runtime?.family ?? null} gpu={library?.gpu ?? null} />
      </section>
    </>
  );
}

interface PrecisionsProps {
  readonly model: ModelSummary;
  readonly family: EngineFamily | null;
  readonly gpu: GpuState | null;
}

function Precisions({ model, family, gpu }: PrecisionsProps) {
  const { t } = useTranslation();
  const draft = useBuild((state) => state.draft);
  const chosen = precisionOf(draft, family);
  const measured = useMeasuredHere(model.id, family);
  const tuned = useTunedHere(model, family);
  const slower = useSlowerHere(model.id, family);
  const offered = precisionsFor(family, gpu, draft.targets);
  const values = offered.includes(chosen) ? offered : [...offered, chosen];
  const choices = values.map((value): Choice<Precision> => {
    const onDevice = offered.includes(value)
      ? onThisDevice(value, family, gpu, t)
      : { warning: t('build.precision.notServed') };
    return {
      value,
      title: t(`build.precision.${value}.title`),
      text: t(
        family === 'onnxruntime' && value === 'int8' ? 'build.precision.int8.cpu' : `build.precision.${value}.text`,
      ),
      ...onDevice,
      // A search says more than two engines do.
      ...(slower(value) === null ? {} : { warning: slower(value) }),
      ...tuned(value),
      figures: measured(value),
    };
  });
  return (
    <Choices
      label={t('models.precision')}
      value={chosen}
      choices={choices}
      onChange={(precision) => changeDraft({ precision })}
    />
  );
}

/** Compute capabilities from which on a GPU has units for a type. */
const unitsSince: Record<Precision, number> = { fp32: 0, fp16: 70, tf32: 80, bf16: 80, int8: 75, fp8: 89 };

function onThisDevice(
  precision: Precision,
  family: EngineFamily | null,
  gpu: GpuState | null,
  t: TFunction,
): Pick<Choice<Precision>, 'note' | 'warning'> {
  if (family === 'onnxruntime') return {};
  const device = gpu?.state === 'ready' ? gpu.devices[0] : undefined;
  if (device === undefined || device.computeCapability === null || precision === 'fp32') return {};
  const has = device.computeCapability >= unitsSince[precision];
  const text = t(has ? 'build.precision.has' : 'build.precision.hasNot', { device: device.name });
  return has ? { note: text } : { warning: text };
}

function Runtime({ library }: { readonly library: RuntimeLibrary }) {
  const { t } = useTranslation();
  const draft = useBuild((state) => state.draft);
  const builders = buildersOf(library);
  const runtime = runtimeOf(library, draft);
  const choose = (choice: RuntimeChoice): void => {
    const next = runtimeOf(library, { runtime: choice, targets: [] });
    const targets = next?.family === 'tensorrt-rtx' ? draft.targets : [];
    // What this runtime has not is not carried over.
    const served = precisionsFor(next?.family ?? null, library.gpu, targets);
    const precision = draft.precision !== null && served.includes(draft.precision) ? draft.precision : null;
    changeDraft({ runtime: choice, targets, precision });
  };
  const suits = runtimeOf(library, { runtime: 'auto', targets: draft.targets });
  const choices: Choice<RuntimeChoice>[] = [
    ...(suits === null
      ? []
      : [
          {
            value: 'auto' as const,
            title: t('build.runtime.auto'),
            text: t('build.runtime.autoText', { name: runtimeName(suits) }),
          },
        ]),
    ...builders.map((each) => ({
      value: each.family,
      title: runtimeName(each),
      text: t(`build.runtime.families.${each.family}`),
      note: each.buildsOnly ? t('build.runtime.buildsOnly') : null,
    })),
  ];
  return (
    <>
      <Choices label={t('build.runtime.title')} value={draft.runtime} choices={choices} onChange={choose} />
      {runtime === null && <p className={styles.bad}>{t('build.runtime.notHere')}</p>}
      {builders.every(({ family }) => family === 'onnxruntime') && <NoTensorRt library={library} />}
      {runtime?.family === 'tensorrt-rtx' && <Targets gpu={library.gpu} />}
    </>
  );
}

function Targets({ gpu }: { readonly gpu: GpuState }) {
  const { t } = useTranslation();
  const targets = useBuild((state) => state.draft.targets);
  const toggle = (target: number, on: boolean): void => {
    const others = targets.filter((other) => other !== target);
    changeDraft({ targets: on ? [...others, target].sort((a, b) => a - b) : others });
  };
  return (
    <section className={styles.group} aria-label={t('build.runtime.targets')}>
      <h3 className={styles.heading}>{t('build.runtime.targets')}</h3>
      <p className={styles.soft}>
        {t(gpu.state === 'ready' ? 'build.runtime.targetsHere' : 'build.runtime.targetsElsewhere')}
      </p>
      <div>
        {rtxTargets.map((target) => (
          <Option
            key={target}
            title={`sm_${target}`}
            text={t(`build.runtime.cards.${target}`)}
            checked={targets.includes(target)}
            onChange={(on) => toggle(target, on)}
          />
        ))}
      </div>
    </section>
  );
}
