import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ExportFormat } from '../../../shared/domain/export';
import { reopenIfLost } from '../actions/models';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { Progress } from '../components/progress';
import { reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import { openSession, useLibrary } from '../state/library-store';
import { picturesStore, usePictures } from '../state/pictures-store';
import { usePreferences } from '../state/preferences-store';
import { closeDialog, windowStore } from '../state/window-store';
import { chooseDirectory, Destination } from './destination';
import styles from './export-dialog.module.css';
import { exportedNames, type ExportedNames } from './export-names';
import { exportScopes } from './export-scope';
import { FormatList, rememberedFormats, rememberFormats } from './format-list';
import { runExport } from './run-export';
import { StyleSummary } from './style-summary';

/** What leaves the program: which pictures, in which formats, to where. */
export function ExportDialog() {
  const { t } = useTranslation();
  const [scopes] = useState(scopesOfDialog);
  const [scopeId, setScopeId] = useState(scopes[0]?.id ?? null);
  const [formats, setFormats] = useState<readonly ExportFormat[]>(rememberedFormats);
  const scope = scopes.find(({ id }) => id === scopeId);
  const pictureIds = scope?.pictureIds ?? [];
  const { done, start, cancel } = useExport(pictureIds, formats);
  const items = usePictures((state) => state.items);
  const pictureNames = pictureIds.map((id) => items[id]?.entry.name ?? '');
  const files = exportedNames(pictureNames, formats, shell.hasFolders);
  return (
    <Dialog
      open
      onClose={cancel}
      title={t('exporting.title')}
      footer={
        <>
          {done !== null && (
            <div className={styles.progress}>
              <Progress label={t('exporting.title')} value={pictureIds.length > 1 ? done / pictureIds.length : null} />
            </div>
          )}
          <Button onClick={cancel}>{t('common.cancel')}</Button>
          <Button variant="primary" disabled={files.count === 0 || done !== null} onClick={() => void start()}>
            {t('exporting.start', { count: files.count })}
          </Button>
        </>
      }
    >
      {scopes.length > 1 && (
        <fieldset className={styles.group} disabled={done !== null}>
          <legend>{t('exporting.pictures')}</legend>
          {scopes.map(({ id, pictureIds: ids }) => (
            <label key={id} className={styles.choice}>
              <input type="radio" name="scope" checked={id === scopeId} onChange={() => setScopeId(id)} />
              {t(`exporting.scope.${id}`, { count: ids.length })}
            </label>
          ))}
        </fieldset>
      )}
      <FormatList
        formats={formats}
        disabled={done !== null}
        onChange={(next) => {
          setFormats(next);
          rememberFormats(next);
        }}
      />
      <StyleSummary formats={formats} />
      <Destination />
      <NamePreview {...files} />
    </Dialog>
  );
}

function scopesOfDialog() {
  const { dialog } = windowStore.getState();
  return exportScopes(dialog?.kind === 'export' ? dialog.pictureIds : [], picturesStore.getState());
}

/** `done`: pictures so far while an export runs in this dialog, else null. */
function useExport(pictureIds: readonly string[], formats: readonly ExportFormat[]) {
  const session = useLibrary(openSession);
  const remembered = usePreferences((state) => state.exportDirectory);
  const [done, setDone] = useState<number | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const start = async (): Promise<void> => {
    if (session === null) return;
    const directory = shell.hasFolders ? (remembered ?? (await chooseDirectory())) : null;
    if (shell.hasFolders && directory === null) return;
    const controller = new AbortController();
    running.current = controller;
    setDone(0);
    try {
      await runExport({ sessionId: session.id, pictureIds, formats, directory }, setDone, controller.signal);
      closeDialog();
    } catch (error) {
      reportError(error);
      reopenIfLost(error, session.id);
    } finally {
      setDone(null);
    }
  };
  const cancel = (): void => {
    running.current?.abort();
    closeDialog();
  };
  return { done, start, cancel };
}

function NamePreview({ names, count }: ExportedNames) {
  const { t } = useTranslation();
  if (names.length === 0) return null;
  const more = count - names.length;
  return (
    <div className={styles.preview}>
      <span className={styles.caption}>{t('exporting.files')}</span>
      <ul className={styles.names}>
        {names.map((name) => (
          <li key={name}>{name}</li>
        ))}
        {more > 0 && <li className={styles.more}>{t('exporting.more', { count: more })}</li>}
      </ul>
    </div>
  );
}
