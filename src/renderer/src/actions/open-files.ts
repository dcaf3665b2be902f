import { AppError } from '../../../shared/app-error';
import { i18n } from '../i18n/i18n';
import { reportError } from '../notices/notify';
import type { Picked } from '../shell/shell';
import { shell } from '../shell/current-shell';
import { addModels } from './models';
import { baseName, kindOfFile } from './picture-kinds';
import { addPictures } from './pictures';

/** Sends each file where it belongs: ONNX files (with what lies beside them) to the library, all else to the strip. */
export async function openPicked(picked: Picked): Promise<void> {
  const modelPaths = picked.paths.filter((path) => kindOfFile(baseName(path)) === 'model');
  // Sidecars lie beside the model's path; without a model they are refused like any other file.
  const otherPaths = picked.paths.filter(
    (path) => !modelPaths.includes(path) && (modelPaths.length === 0 || kindOfFile(baseName(path)) !== 'model-part'),
  );
  const hasModel = picked.files.some((file) => kindOfFile(file.name) === 'model');
  const modelFiles = picked.files.filter(
    (file) => kindOfFile(file.name) === 'model' || (hasModel && kindOfFile(file.name) === 'model-part'),
  );
  const otherFiles = picked.files.filter((file) => !modelFiles.includes(file));
  await guarded(() => addModels({ paths: modelPaths, files: modelFiles }), modelPaths.length + modelFiles.length > 0);
  await guarded(() => addPictures({ paths: otherPaths, files: otherFiles }), otherPaths.length + otherFiles.length > 0);
}

export async function openPictures(): Promise<void> {
  await guarded(async () => openPicked(await shell.choosePictures()));
}

export async function openFolder(): Promise<void> {
  await guarded(async () => openPicked(await shell.choosePictureFolder()));
}

export async function openModelFile(): Promise<void> {
  await guarded(async () => {
    const picked = await shell.chooseModel();
    await addModels(picked);
  });
}

export async function openPaths(paths: readonly string[]): Promise<void> {
  await openPicked({ paths, files: [] });
}

/** What `paste` events carry; anything but pictures is answered with the reason. */
export async function openPasted(transfer: DataTransfer): Promise<void> {
  const picked = await shell.accept(transfer);
  if (picked.files.length + picked.paths.length > 0) return openPicked(picked);
  reportError(
    new AppError('CLIPBOARD_NO_PICTURE', i18n.t('pictures.clipboardEmpty'), { hint: i18n.t('pictures.clipboardHint') }),
  );
}

async function guarded(work: () => Promise<void>, wanted = true): Promise<void> {
  if (!wanted) return;
  try {
    await work();
  } catch (error) {
    reportError(error);
  }
}
