import { createStore, useStore } from 'zustand';
import type { Rgb } from '../../../shared/domain/model';

/** `model`: the colours that came with the labels. */
export type PaletteId = 'model' | 'cityscapes' | 'ade20k' | 'colour-blind';

/** What surrounds the picture; `theme` is the window's own grey. */
export type BackdropId = 'theme' | 'black' | 'white' | 'checker';

/** What the mounted canvas lets commands do; see canvas/canvas-view.tsx. */
export interface CanvasControls {
  fit(): void;
  /** One picture pixel on one device pixel. */
  actualSize(): void;
  zoomBy(factor: number): void;
  /** Puts what is shown on the clipboard as a PNG. */
  copyView(): Promise<void>;
  /** What is shown, as a PNG; null before there is a picture. */
  viewAsPng(): Promise<Blob | null>;
  /** Lets the graphics card draw again, if it can, after it was given up. */
  tryCard(): void;
}

/** How masks are drawn. Everything here is up to the canvas: no change runs the network again. */
export interface ViewState {
  /** 0–1. */
  readonly opacity: number;
  readonly mode: 'fill' | 'outline';
  /** Width of outlines inside each class, CSS pixels. */
  readonly outlineWidth: number;
  readonly backdrop: BackdropId;
  readonly palette: PaletteId;
  /** Colours the user picked, by class id; they win over the palette. */
  readonly colors: Readonly<Record<number, Rgb>>;
  readonly hidden: ReadonlySet<number>;
  /** When not null only this class is shown. */
  readonly solo: number | null;
  /** Original on the left of the divider, overlay on the right. */
  readonly split: boolean;
  /** 0–1 of the canvas' width. */
  readonly splitAt: number;
  /** True while the user holds the key that hides the mask. */
  readonly maskHeld: boolean;
  /** Class under the pointer in the legend, to be emphasised on the canvas. */
  readonly emphasised: number | null;
  /** Device pixels for one picture pixel; 0 before the first picture. Written by the canvas. */
  readonly zoom: number;
  /** Null while no canvas is mounted. Written by the canvas. */
  readonly canvas: CanvasControls | null;
}

export const defaultView: ViewState = {
  opacity: 0.55,
  mode: 'fill',
  outlineWidth: 2,
  backdrop: 'theme',
  palette: 'model',
  colors: {},
  hidden: new Set(),
  solo: null,
  split: false,
  splitAt: 0.5,
  maskHeld: false,
  emphasised: null,
  zoom: 0,
  canvas: null,
};

export const viewStore = createStore<ViewState>(() => defaultView);

export function useView<T>(select: (state: ViewState) => T): T {
  return useStore(viewStore, select);
}

export function setView(change: Partial<ViewState>): void {
  viewStore.setState(change);
}

export function toggleHidden(classId: number): void {
  viewStore.setState((state) => {
    const hidden = new Set(state.hidden);
    if (!hidden.delete(classId)) hidden.add(classId);
    return { hidden };
  });
}

export function toggleSolo(classId: number): void {
  viewStore.setState((state) => ({ solo: state.solo === classId ? null : classId }));
}

/** Classes, solo and picked colours belong to a model; how masks are drawn belongs to the user. */
export function forgetClassChoices(): void {
  viewStore.setState({ hidden: new Set(), solo: null, colors: {}, emphasised: null });
}
