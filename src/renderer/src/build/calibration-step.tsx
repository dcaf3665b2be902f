import { FileJson, FolderOpen } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ErrorReport } from '../../../shared/app-error';
import { toErrorReport } from '../../../shared/app-error';
import type { ModelSummary } from '../../../shared/domain/model';
import { Button } from '../components/button';
import { ErrorCard } from '../notices/error-card';
import { reportError } from '../notices/notify';
import type { LoadedRuntimes } from '../runtimes/use-runtimes';
import { shell } from '../shell/current-shell';
import { knownPath } from '../shell/known-path';
import { studio } from '../studio-client/studio';
import { pickJson } from './build-actions';
import { roughOrderOf } from './build-draft';
import { changeCalibration, useBuild } from './build-store';
import type { CalibrationDraft, CalibrationSource } from './calibration-draft';
import { calibrationOrderOf, countOf, rangeMethods, seedOf } from './calibration-draft';
import { CalibrationPreviewPanel } from './calibration-preview';
import type { Choice } from './choice';
import { Choices, Warning } from './choice';
import { KeepList } from './keep-list';
import { kindsText, LayerKinds } from './layer-kinds';
import shapesStyles from './shapes-step.module.css';
import { runtimeOf } from './runtime-choice';
import { useStrip } from './strip-pictures';
import { TunePanel } from './tune-panel';
import { useAnswer } from './use-answer';
import { useLayers } from './use-layers';
import styles from './wizard.module.css';

interface CalibrationProps {
  readonly model: ModelSummary;
  readonly runtimes: LoadedRuntimes;
}

/** From which pictures the ranges of 8-bit numbers follow, and how. */
export function CalibrationStep({ model, runtimes }: CalibrationProps) {
  const { t } = useTranslation();
  const draft = useBuild((state) => state.draft);
  const { calibration } = draft;
  const strip = useStrip();
  const rough = roughOrderOf(draft);
  const settled = calibrationOrderOf(calibration, strip);
  const runtime = runtimes.kind === 'library' ? runtimeOf(runtimes.library, draft) : null;
  const { kinds } = calibration;
  // Without pictures there are still the names of what could be kept. A processor has another default than GPUs.
  const bare =
    rough === null
      ? null
      : {
          modelId: model.id,
          order: {
            ...rough,
            ...(runtime?.family === 'onnxruntime' ? { runtime: runtime.family } : {}),
            calibration: kinds === null || kinds.length === 0 ? {} : { kinds: [...kinds] },
          },
        };
  const asked =
    bare === null || settled === null
      ? bare
      : { ...bare, order: { ...bare.order, calibration: { ...settled, keep: [] } } };
  const [answer, retry] = useAnswer('engines.previewCalibration', asked);
  const layers = useLayers(answer, bare);
  const takesPictures = calibration.source === 'strip' || calibration.source === 'folder';
  return (
    <>
      <Source calibration={calibration} hasRecipe={draft.recipe !== null} strip={strip.length} />
      {takesPictures && <Numbers calibration={calibration} />}
      <CalibrationPreviewPanel answer={answer} calibration={calibration} settled={settled !== null} retry={retry} />
      <section className={styles.group} aria-label={t('build.calibration.method')}>
        <h3 className={styles.heading}>{t('build.calibration.method')}</h3>
        <Choices
          label={t('build.calibration.method')}
          value={calibration.method}
          choices={rangeMethods.map((value) => ({
            value,
            title: t(`build.calibration.methods.${value}.title`),
            text: t(`build.calibration.methods.${value}.text`),
          }))}
          onChange={(method) => changeCalibration({ method })}
        />
      </section>
      <div>
        <LayerKinds kinds={kinds} known={layers.value?.kinds ?? null} family={runtime?.family ?? null} />
        <KeepList keep={calibration.keep} blocks={layers.value?.blocks ?? []} busy={layers.busy} />
      </div>
      <TunePanel model={model} family={runtime?.family ?? null} canStart={takesPictures && settled !== null} />
    </>
  );
}

interface SourceProps {
  readonly calibration: CalibrationDraft;
  readonly hasRecipe: boolean;
  readonly strip: number;
}

function Source({ calibration, hasRecipe, strip }: SourceProps) {
  const { t } = useTranslation();
  const { source, folder, file } = calibration;
  const choices: Choice<CalibrationSource>[] = [
    ...(hasRecipe
      ? [{ value: 'recipe', title: t('build.calibration.recipe'), text: t('build.calibration.recipeText') } as const]
      : []),
    {
      value: 'strip',
      title: t('build.calibration.strip', { count: strip }),
      text: t('build.calibration.stripText'),
      warning: source === 'strip' && strip === 0 ? t('build.calibration.stripEmpty') : null,
    },
    {
      value: 'folder',
      title: t('build.calibration.folder'),
      text: folder === null ? t('build.calibration.folderText') : knownPath(folder),
    },
    { value: 'file', title: t('build.calibration.file'), text: file?.name ?? t('build.calibration.fileText') },
  ];
  return (
    <section className={styles.group} aria-label={t('build.calibration.source')}>
      <h3 className={styles.heading}>{t('build.calibration.source')}</h3>
      <Choices
        label={t('build.calibration.source')}
        value={source}
        choices={choices}
        onChange={(value) => changeCalibration({ source: value })}
      />
      {source === 'folder' && (
        <div className={styles.row}>
          <Button onClick={() => void chooseFolder().catch(reportError)}>
            <FolderOpen size={14} aria-hidden />
            {t('build.calibration.chooseFolder')}
          </Button>
        </div>
      )}
      {source === 'file' && <FileChoice />}
    </section>
  );
}

async function chooseFolder(): Promise<void> {
  const folder = await shell.chooseFolderToRead();
  if (folder !== null) changeCalibration({ folder });
}

/** What the user brought along is checked and kept by the studio, so that a browser can name it, too. */
function FileChoice() {
  const { t } = useTranslation();
  const [error, setError] = useState<ErrorReport | null>(null);
  const choose = async (): Promise<void> => {
    const picked = await pickJson();
    if (picked === null) return;
    const { file } = await studio.call('engines.addCalibration', { name: picked.name, text: await picked.text() });
    setError(null);
    changeCalibration({ file: { path: file, name: picked.name } });
  };
  return (
    <>
      <div className={styles.row}>
        <Button onClick={() => void choose().catch((problem: unknown) => setError(toErrorReport(problem)))}>
          <FileJson size={14} aria-hidden />
          {t('build.calibration.chooseFile')}
        </Button>
      </div>
      {error !== null && <ErrorCard error={error} />}
    </>
  );
}

function Numbers({ calibration: { count, seed } }: { readonly calibration: CalibrationDraft }) {
  const { t } = useTranslation();
  const isWrong = countOf(count) === null || seedOf(seed) === null;
  return (
    <>
      <div className={styles.row}>
        <label className={styles.field}>
          <span>{t('build.calibration.count')}</span>
          <input
            className={shapesStyles.input}
            aria-invalid={countOf(count) === null}
            inputMode="numeric"
            value={count}
            onChange={(event) => changeCalibration({ count: event.target.value })}
          />
        </label>
        <label className={styles.field} title={t('build.calibration.seedHint')}>
          <span>{t('build.calibration.seed')}</span>
          <input
            className={shapesStyles.input}
            aria-invalid={seedOf(seed) === null}
            inputMode="numeric"
            value={seed}
            onChange={(event) => changeCalibration({ seed: event.target.value })}
          />
        </label>
      </div>
      {isWrong && (
        <p role="alert">
          <Warning>{t('build.calibration.number')}</Warning>
        </p>
      )}
    </>
  );
}

/** Where the ranges come from, and for which layers if that was chosen, in a few words. */
export function useCalibrationSummary(): string {
  const { t } = useTranslation();
  const { source, folder, file, count, method, kinds } = useBuild((state) => state.draft.calibration);
  const strip = useStrip().length;
  const how = [t(`build.calibration.methods.${method}.title`), ...(kinds === null ? [] : [kindsText(kinds)])].join(
    ' · ',
  );
  const among = String(Math.min(countOf(count) ?? strip, strip));
  switch (source) {
    case 'recipe':
      return t('build.calibration.recipe');
    case 'file':
      return `${file?.name ?? '–'} · ${how}`;
    case 'folder':
      return `${knownPath(folder ?? '–')} · ${t('build.calibration.upTo', { count: countOf(count) ?? 0 })} · ${how}`;
    case 'strip':
      return `${t('build.calibration.strip', { count: Number(among) })} · ${how}`;
  }
}
