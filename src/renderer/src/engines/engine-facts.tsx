import { TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { EngineSummary } from '../../../shared/domain/engine';
import { logText } from '../../../shared/domain/job';
import { kindsText } from '../build/layer-kinds';
import { shapeSummary } from '../build/shapes-step';
import wizard from '../build/wizard.module.css';
import { useFormat } from '../format/use-format';
import { warningText } from '../notices/error-text';
import styles from './engines.module.css';
import { deviceText } from '../format/device-text';

/** Why an engine cannot be used as it is, and what to do. */
export function EngineStateNote({ engine: { state, why } }: { readonly engine: EngineSummary }) {
  const { t } = useTranslation();
  if (state === 'ready') return null;
  return (
    <div className={wizard.note} role="note">
      <TriangleAlert size={14} aria-hidden />
      <div className={wizard.noteText}>
        <p>
          <strong>{t(`engines.stateText.${state}`)}</strong>
        </p>
        {why !== null && <p>{warningText(why)}</p>}
      </div>
    </div>
  );
}

export function EngineFacts({ engine }: { readonly engine: EngineSummary }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const { runtime, eightBits, plugins } = engine;
  const kept = eightBits?.kept.length ?? 0;
  const keptText = kept === 0 ? [] : [t('engines.kept', { count: kept })];
  const narrow: [string, string][] =
    eightBits === null ? [] : [[t('build.layers.title'), [kindsText(eightBits.kinds), ...keptText].join(' · ')]];
  const fused: [string, string][] =
    plugins.length === 0
      ? []
      : [[t('engines.plugins'), plugins.map((part) => t(`engines.parts.${part}`)).join(t('build.layers.comma'))]];
  const facts: [string, string][] = [
    [t('models.model'), engine.modelName],
    [t('models.precision'), engine.precision.toUpperCase()],
    [t('engines.shapes'), shapeSummary(engine.shapes)],
    ...narrow,
    [t('build.fixes.layerNorm'), engine.layerNorm],
    ...fused,
    [t('engines.runtime'), runtimeName(runtime)],
    [t('engines.device'), deviceText(engine.device)],
    [t('engines.size'), `${format.bytes(engine.planBytes)} · ${t('engines.layers', { count: engine.layers })}`],
    [t('engines.built'), `${dateText(engine.builtAt, i18n.language)} · ${format.seconds(engine.buildSeconds)}`],
    [t('engines.id'), engine.id],
  ];
  return (
    <>
      <dl className={wizard.facts}>
        {facts.map(([name, value]) => (
          <Row key={name} name={name} value={value} />
        ))}
      </dl>
      {engine.warnings.length > 0 && (
        <details className={styles.warnings} open={engine.warnings.some(isGrave)}>
          <summary>{t('engines.warnings', { count: engine.warnings.length })}</summary>
          <ul>
            {engine.warnings.map((warning) => (
              <li key={logText(warning)}>{typeof warning === 'string' ? warning : warningText(warning)}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** What makes an engine useless is not left folded away. */
const GRAVE: ReadonlySet<string> = new Set(['engine-masks-differ', 'engine-not-finite']);

function isGrave(warning: EngineSummary['warnings'][number]): boolean {
  return typeof warning !== 'string' && GRAVE.has(warning.code);
}

function Row({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

const familyNames: Record<EngineSummary['runtime']['family'], string> = {
  'tensorrt-10': 'TensorRT',
  'tensorrt-11': 'TensorRT',
  'tensorrt-rtx': 'TensorRT for RTX',
  onnxruntime: 'ONNX Runtime',
};

export function runtimeName({ family, version }: Pick<EngineSummary['runtime'], 'family' | 'version'>): string {
  return `${familyNames[family]} ${version}`;
}

export function dateText(iso: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
}
