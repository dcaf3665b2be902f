import { lazy, Suspense } from 'react';
import { BatchDialog } from '../batch/batch-dialog';
import { FailuresDialog } from '../batch/failures-dialog';
import { ExportDialog } from '../export/export-dialog';
import { CatalogueDialog } from '../library/catalogue-dialog';
import { LibraryDialog } from '../library/library-dialog';
import { PreprocessingDialog } from '../library/preprocessing-dialog';
import { CommandPalette } from '../palette/command-palette';
import { AboutDialog } from '../preferences/about-dialog';
import { PreferencesDialog } from '../preferences/preferences-dialog';
import { ShortcutsDialog } from '../preferences/shortcuts-dialog';
import { RuntimesDialog } from '../runtimes/runtimes-dialog';
import { useWindow } from '../state/window-store';

const VideoExportDialog = lazy(async () => ({
  default: (await import('../video-export/video-export-dialog')).VideoExportDialog,
}));

/** The one dialog that is open. */
export function OpenDialogs() {
  const dialog = useWindow((state) => state.dialog);
  switch (dialog?.kind) {
    case undefined:
      return null;
    case 'library':
      return <LibraryDialog modelId={dialog.modelId} />;
    case 'preprocessing':
      return <PreprocessingDialog modelId={dialog.modelId} />;
    case 'catalogue':
      return <CatalogueDialog />;
    case 'runtimes':
      return <RuntimesDialog />;
    case 'preferences':
      return <PreferencesDialog />;
    case 'shortcuts':
      return <ShortcutsDialog />;
    case 'palette':
      return <CommandPalette />;
    case 'about':
      return <AboutDialog />;
    case 'export':
      return <ExportDialog />;
    case 'batch':
      return <BatchDialog />;
    case 'batch-failures':
      return <FailuresDialog jobId={dialog.jobId} />;
    case 'export-video':
      return (
        <Suspense fallback={null}>
          <VideoExportDialog />
        </Suspense>
      );
  }
}
