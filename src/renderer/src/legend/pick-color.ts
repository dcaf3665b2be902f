import type { Rgb } from '../../../shared/domain/model';
import { fromHex, toHex } from '../display/class-colors';
import { viewStore } from '../state/view-store';

export function setClassColor(classId: number, color: Rgb): void {
  viewStore.setState((state) => ({ colors: { ...state.colors, [classId]: color } }));
}

/** Back to the palette's colour. */
export function resetClassColor(classId: number): void {
  viewStore.setState((state) => ({
    colors: Object.fromEntries(Object.entries(state.colors).filter(([id]) => id !== String(classId))),
  }));
}

/**
 * Opens the system's colour dialog for a class; the mask follows while the user tries. Has to be called while a click
 * or a key press is handled.
 */
export function pickClassColor(classId: number, current: Rgb): void {
  // The row's own field where there is one, so that the dialog opens beside it.
  const field = document.querySelector<HTMLInputElement>(`input[data-class-color="${classId}"]`);
  if (field !== null) return field.showPicker();
  const input = document.createElement('input');
  input.type = 'color';
  input.value = toHex(current);
  input.className = 'visually-hidden';
  input.addEventListener('input', () => setClassColor(classId, fromHex(input.value)));
  input.addEventListener('change', () => input.remove());
  document.body.append(input);
  input.showPicker();
}
