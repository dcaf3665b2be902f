import { Download, FolderOpen, Keyboard, PanelLeft, PanelRight, Search, Settings } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { runById, shortcutOf } from '../commands/registry';
import { Button, IconButton } from '../components/button';
import { Menu } from '../components/menu';
import { ModelPicker } from '../library/model-picker';
import { ModeSwitch } from '../modes/mode-switch';
import { useModeViews } from '../modes/use-mode-views';
import { selectedSegmentation, usePictures } from '../state/pictures-store';
import { useWindow } from '../state/window-store';
import { useOpenMenu } from './open-menu';
import styles from './title-bar.module.css';

export function TitleBar({ narrow }: { readonly narrow: boolean }) {
  const { t } = useTranslation();
  const openMenu = useOpenMenu();
  const canExport = usePictures((state) => selectedSegmentation(state) !== null);
  return (
    <header className={styles.bar} data-region="title-bar">
      <PanelToggle side="left" />
      {!narrow && <h1 className={styles.name}>{t('common.appName')}</h1>}
      <Menu
        entries={openMenu}
        trigger={
          <Button variant="quiet" aria-label={t('frame.open')}>
            <FolderOpen size={16} aria-hidden />
            {!narrow && t('frame.open')}
          </Button>
        }
      />
      <ModeSwitch narrow={narrow} />
      <ModelPicker />
      <span className={styles.space} />
      {!narrow && <SearchButton />}
      <span className={styles.space} />
      <Button
        variant="primary"
        disabled={!canExport}
        focusableWhenDisabled
        aria-label={t('frame.export')}
        onClick={() => runById('export')}
      >
        <Download size={16} aria-hidden />
        {!narrow && t('frame.export')}
      </Button>
      {!narrow && (
        <IconButton
          className={styles.keyboard}
          label={t('commands.shortcuts')}
          shortcut={shortcutOf('shortcuts')}
          icon={<Keyboard size={16} aria-hidden />}
          onClick={() => runById('shortcuts')}
        />
      )}
      <IconButton
        label={t('preferences.title')}
        shortcut={shortcutOf('preferences')}
        icon={<Settings size={16} aria-hidden />}
        onClick={() => runById('preferences')}
      />
      <PanelToggle side="right" />
    </header>
  );
}

function SearchButton() {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      className={styles.search}
      aria-label={t('frame.search')}
      onClick={() => runById('command-palette')}
    >
      <Search size={14} aria-hidden />
      <span className={styles.searchText}>{t('frame.search')}</span>
      <kbd className={styles.shortcut}>{shortcutOf('command-palette')}</kbd>
    </button>
  );
}

function PanelToggle({ side }: { readonly side: 'left' | 'right' }) {
  const { t } = useTranslation();
  const { views } = useModeViews();
  const title = side === 'left' ? (views?.leftTitle ?? 'pictures.title') : (views?.rightTitle ?? 'frame.sidePanels');
  const open = useWindow((state) => (side === 'left' ? state.filmStripOpen : state.sidePanelsOpen));
  const command = side === 'left' ? 'toggle-film-strip' : 'toggle-side-panels';
  const Icon = side === 'left' ? PanelLeft : PanelRight;
  return (
    <IconButton
      label={t(title)}
      shortcut={shortcutOf(command)}
      pressed={open}
      icon={<Icon size={16} aria-hidden />}
      onClick={() => runById(command)}
    />
  );
}
