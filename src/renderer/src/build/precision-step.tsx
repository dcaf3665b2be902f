import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { GpuState, RuntimeLibrary } from '../../../shared/domain/runtime-library';
import { runtimeName } from '../engines/engine-facts';
import { ErrorCard } from '../notices/error-card';
import type { LoadedRuntimes } from '../runtimes/use-runtimes';
import type { OfferedPrecision, RuntimeChoice } from './build-draft';
import { precisions, rtxTargets } from './build-draft';
import { changeDraft, useBuild } from './build-store';
import type { Choice } from './choice';
import { Choices, Option } from './choice';
import { NoRuntime } from './no-runtime';
import { buildersOf, runtimeOf } from './runtime-choice';
import styles from './wizard.module.css';

/** What the network computes in, and what builds it for which GPU. */
export function PrecisionStep({ runtimes }: { readonly runtimes: LoadedRuntimes }) {
  const { t } = useTranslation();
  const draft = useBuild((state) => state.draft);
  const gpu = runtimes.kind === 'library' ? runtimes.library.gpu : null;
  const choices = precisions.map((value): Choice<OfferedPrecision> => ({
    value,
    title: t(`build.precision.${value}.title`),
    text: t(`build.precision.${value}.text`),
    ...onThisDevice(value, gpu, t),
  }));
  return (
    <>
      <section className={styles.group} aria-label={t('models.precision')}>
        <Choices
          label={t('models.precision')}
          value={draft.precision}
          choices={choices}
          onChange={(precision) => changeDraft({ precision })}
        />
      </section>
      <section className={styles.group} aria-label={t('build.runtime.title')}>
        <h3 className={styles.heading}>{t('build.runtime.title')}</h3>
        {runtimes.kind === 'loading' && (
          <p className={styles.soft} role="status">
            {t('build.runtime.searching')}
          </p>
        )}
        {runtimes.kind === 'failed' && <ErrorCard error={runtimes.error} />}
        {runtimes.kind === 'library' && <Runtime library={runtimes.library} />}
      </section>
    </>
  );
}

/** Compute capabilities from which on a GPU has units for a type. */
const unitsSince: Record<OfferedPrecision, number> = { fp32: 0, fp16: 70, tf32: 80, bf16: 80 };

function onThisDevice(
  precision: OfferedPrecision,
  gpu: GpuState | null,
  t: TFunction,
): Pick<Choice<OfferedPrecision>, 'note' | 'warning'> {
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
  if (builders.length === 0) return <NoRuntime library={library} />;
  const choose = (choice: RuntimeChoice): void => {
    const next = runtimeOf(library, { runtime: choice });
    changeDraft({ runtime: choice, ...(next?.family === 'tensorrt-rtx' ? {} : { targets: [] }) });
  };
  const [first] = builders;
  const choices: Choice<RuntimeChoice>[] = [
    ...(first === undefined
      ? []
      : [
          {
            value: 'auto' as const,
            title: t('build.runtime.auto'),
            text: t('build.runtime.autoText', { name: runtimeName(first) }),
          },
        ]),
    ...builders.map((each) => ({
      value: each.family,
      title: runtimeName(each),
      text: t(`build.runtime.families.${each.family}`),
      note: each.state === 'builds-only' ? t('build.runtime.buildsOnly') : null,
    })),
  ];
  return (
    <>
      {runtime === null && <NoRuntime library={library} />}
      <Choices label={t('build.runtime.title')} value={draft.runtime} choices={choices} onChange={choose} />
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
