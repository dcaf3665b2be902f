import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BatchExisting } from '../../../shared/batch-contract';
import { batchExistingSchema } from '../../../shared/batch-contract';
import type { ExportFormat } from '../../../shared/domain/export';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { FolderField } from '../components/folder-field';
import { Select } from '../components/select';
import { Switch } from '../components/switch';
import { FormatList, rememberedFormats, rememberFormats } from '../export/format-list';
import { currentStyle } from '../export/run-export';
import { StyleSummary } from '../export/style-summary';
import { i18n } from '../i18n/i18n';
import { notify, reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import { openSession, useLibrary } from '../state/library-store';
import { closeDialog } from '../state/window-store';
import { studio } from '../studio-client/studio';
import styles from './batch-dialog.module.css';
import { outputOf, rememberedSettings, rememberSettings, type BatchSettings } from './batch-settings';
import { PlanSummary } from './plan-summary';
import { useBatchPlan } from './use-batch-plan';
import { deviceText } from '../format/device-text';

/** Folder in, masks out: what will happen is said before it is started. */
export function BatchDialog() {
  const { t } = useTranslation();
  const session = useLibrary(openSession);
  const [settings, setSettings] = useState(rememberedSettings);
  const [formats, setFormats] = useState<readonly ExportFormat[]>(rememberedFormats);
  const { state, plan, starting, canStart, start } = useBatch(session?.id ?? null, settings, formats);
  const change = (next: Partial<BatchSettings>): void => {
    setSettings((before) => ({ ...before, ...next }));
    rememberSettings({ ...settings, ...next });
  };
  const changeFormats = (next: readonly ExportFormat[]): void => {
    setFormats(next);
    rememberFormats(next);
  };
  return (
    <Dialog
      open
      onClose={closeDialog}
      title={t('batch.title')}
      footer={
        <>
          <Button onClick={closeDialog}>{t('common.cancel')}</Button>
          <Button variant="primary" disabled={!canStart} onClick={() => void start()}>
            {plan !== null && plan.toDo === 0 ? t('batch.nothing') : t('batch.start', { count: plan?.toDo ?? 0 })}
          </Button>
        </>
      }
    >
      {session === null && <p className={styles.warning}>{t('batch.noModel')}</p>}
      <Folders settings={settings} onChange={change} />
      {session !== null && (
        <p className={styles.engine}>
          <span className={styles.caption}>{t('batch.engine')}</span>
          <span>
            {session.modelName} · {session.precision} · {deviceText(session.device)}
          </span>
        </p>
      )}
      <PlanSummary state={state} />
      <Manner settings={settings} onChange={change} />
      <FormatList formats={formats} disabled={starting} onChange={changeFormats} />
      <StyleSummary formats={formats} />
    </Dialog>
  );
}

/** What would happen with these choices, and how it is begun. */
function useBatch(sessionId: string | null, settings: BatchSettings, formats: readonly ExportFormat[]) {
  const [style] = useState(currentStyle);
  const [starting, setStarting] = useState(false);
  const { input, recursive, keepFolders, existing } = settings;
  const folders = { input, output: outputOf(settings), recursive, keepFolders, existing };
  const isComplete = input !== '' && formats.length > 0;
  const order = sessionId !== null && isComplete ? { sessionId, ...folders, formats: [...formats], style } : null;
  const state = useBatchPlan(order);
  const plan = state.kind === 'known' ? state.plan : null;
  const canStart = plan !== null && plan.toDo > 0 && plan.taken.count === 0 && !plan.busy && !starting;
  const start = async (): Promise<void> => {
    if (order === null) return;
    setStarting(true);
    try {
      await studio.call('batch.start', order);
      notify(i18n.t('batch.started'));
      closeDialog();
    } catch (error) {
      reportError(error);
    } finally {
      setStarting(false);
    }
  };
  return { state, plan, starting, canStart, start };
}

interface PartProps {
  readonly settings: BatchSettings;
  readonly onChange: (change: Partial<BatchSettings>) => void;
}

function Folders({ settings, onChange }: PartProps) {
  const { t } = useTranslation();
  const { input, output } = settings;
  return (
    <div className={styles.folders}>
      <FolderField
        label={t('batch.input')}
        path={input}
        placeholder={t('batch.noInput')}
        choose={shell.hasFolders ? () => chosen(() => shell.chooseFolderToRead()) : null}
        onChange={(path) => onChange({ input: path, output: shell.hasFolders ? null : output })}
      />
      <FolderField
        label={t('batch.output')}
        path={shell.hasFolders ? outputOf(settings) : (output ?? '')}
        placeholder={outputOf({ input, output: null })}
        choose={shell.hasFolders ? () => chosen(() => shell.chooseExportFolder()) : null}
        onChange={(path) => onChange({ output: path })}
      />
      {!shell.hasFolders && <p className={styles.soft}>{t('batch.served')}</p>}
    </div>
  );
}

async function chosen(ask: () => Promise<string | null>): Promise<string | null> {
  try {
    return await ask();
  } catch (error) {
    reportError(error);
    return null;
  }
}

function Manner({ settings, onChange }: PartProps) {
  const { t } = useTranslation();
  const choices = batchExistingSchema.options.map((value: BatchExisting) => ({
    value,
    label: t(`batch.existingChoice.${value}`),
  }));
  return (
    <div className={styles.manner}>
      <Switch
        label={t('batch.recursive')}
        checked={settings.recursive}
        onChange={(recursive) => onChange({ recursive })}
      />
      <Switch
        label={t('batch.keepFolders')}
        checked={settings.keepFolders}
        disabled={!settings.recursive}
        onChange={(keepFolders) => onChange({ keepFolders })}
      />
      <div className={styles.existing}>
        <span>{t('batch.existing')}</span>
        <Select
          label={t('batch.existing')}
          value={settings.existing}
          options={choices}
          onChange={(existing) => onChange({ existing })}
        />
      </div>
    </div>
  );
}
