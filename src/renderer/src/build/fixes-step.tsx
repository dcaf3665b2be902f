import { Check, ChevronRight, Info, TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Rehearsal } from '../../../shared/domain/engine';
import type { ModelSummary } from '../../../shared/domain/model';
import { ErrorCard } from '../notices/error-card';
import { errorMessage, reasonText } from '../notices/error-text';
import type { LoadedRuntimes } from '../runtimes/use-runtimes';
import type { BuildDraft } from './build-draft';
import { roughOrderOf } from './build-draft';
import { changeDraft, useBuild } from './build-store';
import type { Choice } from './choice';
import { Choices, Option } from './choice';
import { FindingPicture } from './finding-picture';
import fixes from './fixes-step.module.css';
import { hasPlugins, runtimeOf } from './runtime-choice';
import { useRehearsal } from './use-rehearsal';
import styles from './wizard.module.css';

interface FixesProps {
  readonly model: ModelSummary;
  readonly runtimes: LoadedRuntimes;
}

/** What is rewritten before the build, each with a reason, and the proof that it changes nothing. */
export function FixesStep({ model, runtimes }: FixesProps) {
  const { t } = useTranslation();
  const draft = useBuild((state) => state.draft);
  const library = runtimes.kind === 'library' ? runtimes.library : null;
  const plugins = library !== null && hasPlugins(library, runtimeOf(library, draft));
  return (
    <>
      {draft.recipe !== null && <FromRecipe name={draft.recipe.model.name} other={model.name} />}
      <section className={styles.group} aria-label={t('build.fixes.layerNorm')}>
        <h3 className={styles.heading}>{t('build.fixes.layerNorm')}</h3>
        <LayerNorm draft={draft} plugins={plugins} />
      </section>
      <section className={styles.group} aria-label={t('build.fixes.others')}>
        <h3 className={styles.heading}>{t('build.fixes.others')}</h3>
        <div>
          <Switches draft={draft} plugins={plugins} />
        </div>
      </section>
      <Findings model={model} draft={draft} />
    </>
  );
}

function FromRecipe({ name, other }: { readonly name: string; readonly other: string }) {
  const { t } = useTranslation();
  return (
    <div className={styles.note}>
      <Info size={14} aria-hidden />
      <p className={styles.noteText}>
        {name === other ? t('build.recipe.exact') : t('build.recipe.exactOther', { name, other })}
      </p>
    </div>
  );
}

function LayerNorm({ draft, plugins }: { readonly draft: BuildDraft; readonly plugins: boolean }) {
  const { t } = useTranslation();
  const forms = (['native', 'plugin', 'keep'] as const).filter(
    (form) => form !== 'plugin' || plugins || draft.layerNorm === 'plugin',
  );
  const choices = forms.map((form): Choice<BuildDraft['layerNorm']> => ({
    value: form,
    title: t(`build.fixes.forms.${form}.title`),
    text: t(`build.fixes.forms.${form}.text`),
    warning: form === 'plugin' && !plugins ? t('build.fixes.noPlugins') : null,
  }));
  return (
    <Choices
      label={t('build.fixes.layerNorm')}
      value={draft.layerNorm}
      choices={choices}
      onChange={(layerNorm) => changeDraft({ layerNorm })}
    />
  );
}

function Switches({ draft, plugins }: { readonly draft: BuildDraft; readonly plugins: boolean }) {
  const { t } = useTranslation();
  const simple = ['foldHead', 'maskOutput', 'imageInput'] as const;
  return (
    <>
      {simple.map((name) => (
        <Option
          key={name}
          title={t(`build.fixes.${name}.title`)}
          text={t(`build.fixes.${name}.text`)}
          checked={draft[name]}
          onChange={(checked) => changeDraft({ [name]: checked })}
        />
      ))}
      {plugins && (
        <Option
          title={t('build.fixes.plugins.title')}
          text={t('build.fixes.plugins.text')}
          checked={draft.plugins === 'auto' || draft.plugins.length > 0}
          onChange={(checked) => changeDraft({ plugins: checked ? 'auto' : [] })}
        />
      )}
    </>
  );
}

function Findings({ model, draft }: { readonly model: ModelSummary; readonly draft: BuildDraft }) {
  const { t } = useTranslation();
  // Neither sizes that are still being typed nor the runtime stand in the way of trying the passes out.
  const order = roughOrderOf(draft) ?? roughOrderOf({ ...draft, shapes: 'model' });
  const [state, retry] = useRehearsal(model, order);
  const shown = state.kind === 'done' ? state.rehearsal : state.kind === 'busy' ? state.before : null;
  return (
    <section className={styles.group} aria-label={t('build.fixes.found')} aria-busy={state.kind === 'busy'}>
      <h3 className={styles.heading}>{t('build.fixes.found')}</h3>
      {state.kind === 'failed' && (
        <ErrorCard error={state.error} subject={model.name} remedies={[{ label: t('common.retry'), run: retry }]} />
      )}
      {state.kind === 'busy' && (
        <p className={styles.soft} role="status">
          {t('build.fixes.trying')}
        </p>
      )}
      {state.kind === 'busy' && shown === null && [0, 1, 2].map((row) => <div key={row} className={styles.skeleton} />)}
      {state.kind === 'done' && <Verdict rehearsal={state.rehearsal} />}
      {shown !== null && <Passes rehearsal={shown} />}
    </section>
  );
}

function Verdict({ rehearsal: { check, nodesBefore, nodesAfter } }: { readonly rehearsal: Rehearsal }) {
  const { t } = useTranslation();
  const nodes = t('build.fixes.nodes', { before: String(nodesBefore), after: String(nodesAfter) });
  switch (check.outcome) {
    case 'same':
      return (
        <p className={styles.good} role="status">
          <Check size={14} aria-hidden />
          <span>
            {t('build.fixes.same')} {nodes}
          </span>
        </p>
      );
    case 'differs':
      return (
        <p className={styles.bad} role="status">
          <TriangleAlert size={14} aria-hidden />
          <span>
            {t('build.fixes.differs', { percent: ((check.pixelAgreement ?? 0) * 100).toFixed(2) })} {nodes}
          </span>
        </p>
      );
    case 'plugins':
      return (
        <p className={styles.soft} role="status">
          {t('build.fixes.unchecked')} {nodes}
        </p>
      );
    case 'not-run':
      return (
        <p className={styles.bad} role="status">
          <TriangleAlert size={14} aria-hidden />
          <span>{t('build.fixes.notRun', { reason: errorMessage({ code: check.code, message: check.reason }) })}</span>
        </p>
      );
  }
}

/** Passes that found something, with their first reason; the rest folds out. */
function Passes({ rehearsal: { steps } }: { readonly rehearsal: Rehearsal }) {
  const { t } = useTranslation();
  const acted = steps.filter(({ count }) => count > 0);
  if (acted.length === 0) return <p className={styles.soft}>{t('build.fixes.nothing')}</p>;
  return (
    <ul className={fixes.passes}>
      {acted.map(({ pass, count, findings, picture }, index) => (
        <li key={`${pass} ${index}`}>
          <details className={fixes.pass}>
            <summary className={fixes.summary}>
              <ChevronRight size={14} aria-hidden className={fixes.chevron} />
              <code>{pass}</code>
              <span className={fixes.first}>{findings[0] === undefined ? '' : reasonText(findings[0])}</span>
              <span className={fixes.count}>{t('build.fixes.places', { count })}</span>
            </summary>
            {picture !== null && <FindingPicture picture={picture} />}
            <ul className={fixes.findings}>
              {findings.map((finding, at) => (
                <li key={at}>
                  <p>{reasonText(finding)}</p>
                  <p className={fixes.where}>
                    {finding.nodes.join(' · ')}
                    {finding.before !== undefined && ` ${finding.before} → ${finding.after ?? '–'}`}
                  </p>
                </li>
              ))}
              {count > findings.length && (
                <li className={styles.soft}>{t('build.fixes.more', { count: count - findings.length })}</li>
              )}
            </ul>
          </details>
        </li>
      ))}
    </ul>
  );
}
