import { Command as Cmdk } from 'cmdk';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { openModel } from '../actions/models';
import { openPaths } from '../actions/open-files';
import { baseName } from '../actions/picture-kinds';
import type { Command } from '../commands/command';
import { commandGroups } from '../commands/command';
import { canRun, commands, run, shortcutOf } from '../commands/registry';
import { Dialog as BaseDialog } from '@base-ui/react/dialog';
import { libraryStore } from '../state/library-store';
import { picturesStore, select } from '../state/pictures-store';
import { preferencesStore } from '../state/preferences-store';
import { closeDialog } from '../state/window-store';
import styles from './command-palette.module.css';

const picturesShown = 50;

/**
 * Every word that was typed occurs in the title. Letters that merely follow each other somewhere would let nearly every
 * command answer to nearly every word.
 */
function containsWords(_id: string, search: string, titles?: string[]): number {
  const text = (titles ?? []).join(' ').toLowerCase();
  const words = search.toLowerCase().split(/\s+/);
  return words.every((word) => text.includes(word)) ? 1 : 0;
}

/** Everything that can be done or gone to, by typing. */
export function CommandPalette() {
  const { t } = useTranslation();
  const [query, setQuery] = useState('');
  return (
    <BaseDialog.Root open onOpenChange={(open) => !open && closeDialog()}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className={styles.backdrop} />
        <BaseDialog.Popup className={styles.popup}>
          <BaseDialog.Title className="visually-hidden">{t('commands.palette')}</BaseDialog.Title>
          <Cmdk label={t('commands.palette')} loop className={styles.palette} filter={containsWords}>
            <Cmdk.Input
              className={styles.input}
              placeholder={t('commands.searchPlaceholder')}
              value={query}
              onValueChange={setQuery}
            />
            <Cmdk.List className={styles.list}>
              <Cmdk.Empty className={styles.empty}>{t('commands.noMatch', { query })}</Cmdk.Empty>
              <CommandItems />
              {query !== '' && <GoToItems />}
            </Cmdk.List>
          </Cmdk>
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

function closeAnd(act: () => void): () => void {
  return () => {
    closeDialog();
    act();
  };
}

function CommandItems() {
  const { t, i18n } = useTranslation();
  const english = i18n.getFixedT('en');
  const usable = commands.filter(
    (command) => command.release === undefined && command.id !== 'command-palette' && canRun(command),
  );
  const item = (command: Command) => (
    <Cmdk.Item
      key={command.id}
      className={styles.item}
      value={command.id}
      // English words find a command in every language.
      keywords={[t(command.title), english(command.title)]}
      onSelect={closeAnd(() => run(command))}
    >
      <span className={styles.label}>{t(command.title)}</span>
      {command.shortcuts !== undefined && <kbd className={styles.shortcut}>{shortcutOf(command.id)}</kbd>}
    </Cmdk.Item>
  );
  return commandGroups.map((group) => (
    <Cmdk.Group key={group} heading={t(`commands.groups.${group}`)} className={styles.group}>
      {usable.filter((command) => command.group === group).map(item)}
    </Cmdk.Group>
  ));
}

/** Models, pictures and recent files, once the user has begun to type. */
function GoToItems() {
  const { t } = useTranslation();
  const { models } = libraryStore.getState();
  const { order, items } = picturesStore.getState();
  const { recentFiles } = preferencesStore.getState();
  return (
    <>
      <Cmdk.Group heading={t('commands.groups.openModels')} className={styles.group}>
        {models.map((model) => (
          <GoTo key={model.id} id={`model ${model.id}`} label={model.name} run={() => void openModel(model.id)} />
        ))}
      </Cmdk.Group>
      <Cmdk.Group heading={t('commands.groups.pictures')} className={styles.group}>
        {order.slice(0, picturesShown).map((id) => (
          <GoTo key={id} id={`picture ${id}`} label={items[id]?.entry.name ?? id} run={() => select(id)} />
        ))}
      </Cmdk.Group>
      <Cmdk.Group heading={t('commands.groups.recent')} className={styles.group}>
        {recentFiles.map((path) => (
          <GoTo key={path} id={`recent ${path}`} label={baseName(path)} run={() => void openPaths([path])} />
        ))}
      </Cmdk.Group>
    </>
  );
}

function GoTo({ id, label, run: act }: { readonly id: string; readonly label: string; readonly run: () => void }) {
  return (
    <Cmdk.Item className={styles.item} value={id} keywords={[label]} onSelect={closeAnd(act)}>
      <span className={styles.label}>{label}</span>
    </Cmdk.Item>
  );
}
