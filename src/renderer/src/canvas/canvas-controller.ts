import { toErrorReport } from '../../../shared/app-error';
import { maskIds, type ClassShare, type Mask } from '../../../shared/domain/mask';
import type { Label, Rgb } from '../../../shared/domain/model';
import { classColors } from '../display/class-colors';
import { i18n } from '../i18n/i18n';
import { connectionStore } from '../state/connection-store';
import { setHoverText } from '../state/hover-slot';
import { activeModel, libraryStore } from '../state/library-store';
import { liveStore, type LivePicture } from '../state/live-store';
import { picturesStore, selectedItem } from '../state/pictures-store';
import { markReady } from '../state/readiness';
import { setView, viewStore, type ViewState } from '../state/view-store';
import { canvasStore, hoverStore, type ShownPicture } from './canvas-store';
import { followGestures, type GestureTarget } from './gestures';
import { MaskRenderer } from './mask-renderer';
import { movePicture, toggleFit, zoomByFactor } from './navigate';
import { paletteBytes } from './palette-texture';
import type { LoadedPicture, PictureSource } from './picture-source';
import { drawnOpacity, splitPanes, type Backdrop, type Scene } from './scene';
import { carriedOver, fit, pixelAt, resized, visiblePart, type Point, type Size } from './viewport';

const MASK = 'mask';
/** A picture that takes longer than this to appear is announced as loading. */
const PATIENCE_MS = 150;
/** Stillness after which a slow machine draws at full quality again. */
const SETTLE_MS = 140;
/** The same for a video: drawing a frame well that the next one replaces would be for nothing. */
const SETTLE_LIVE_MS = 700;
const CHECKER: Backdrop = { kind: 'checker', even: [94, 94, 94], odd: [106, 106, 106] };
const noLabels: readonly Label[] = [];

interface DrawnMask {
  readonly mask: Mask;
  readonly ids: Uint8Array | Uint16Array;
}

/**
 * Joins the stores to the renderer, outside of React: a picture, a mask, a colour or a place that changes is drawn in
 * the next frame, and nothing else happens.
 */
export class CanvasController implements GestureTarget {
  readonly #stage: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #source: PictureSource;
  readonly #renderer: MaskRenderer;
  readonly #isSoftware: boolean;
  readonly #stops: (() => void)[] = [];
  #picture: LoadedPicture | null = null;
  #drawn: DrawnMask | null = null;
  /** The frame of a video that is shown in place of a picture. */
  #live: LivePicture | null = null;
  /** Told with the next drawing what a frame cost, its upload included. */
  #tellDrawn: ((drawMs: number) => void) | null = null;
  #wanted: string | null = null;
  #loading: AbortController | null = null;
  #pointer: Point | null = null;
  #settling: number | null = null;
  #paletteInputs: readonly unknown[] = [];
  /** Classes that the drawn mask holds. */
  #present: ReadonlySet<number> = new Set();

  /** Throws what {@link MaskRenderer} throws. */
  constructor(stage: HTMLElement, canvas: HTMLCanvasElement, source: PictureSource) {
    this.#stage = stage;
    this.#canvas = canvas;
    this.#source = source;
    this.#renderer = new MaskRenderer(canvas, {
      onTrouble: (error) => canvasStore.setState({ error: error === null ? null : toErrorReport(error) }),
      onDrawn: (milliseconds) => {
        const tell = this.#tellDrawn;
        this.#tellDrawn = null;
        tell?.(milliseconds);
      },
    });
    this.#isSoftware = this.#renderer.isSoftware;
    this.#stops.push(followGestures(stage, canvas, this), this.#followSize(), this.#followTheme());
    for (const store of [viewStore, picturesStore, libraryStore]) this.#stops.push(store.subscribe(() => this.#sync()));
    this.#stops.push(liveStore.subscribe(() => this.#sync()));
    this.#stops.push(canvasStore.subscribe((state, before) => state.viewport !== before.viewport && this.#moved()));
    this.#stops.push(
      connectionStore.subscribe((state, before) => state.generation !== before.generation && this.retry()),
    );
    this.#sync();
  }

  /** Reads the selected picture again after it could not be read. */
  retry(): void {
    if (canvasStore.getState().error === null) return;
    this.#wanted = null;
    this.#sync();
  }

  /** What is shown, without what surrounds the picture, as a PNG. Null before there is a picture. */
  async snapshot(): Promise<Blob | null> {
    const { viewport, shown } = canvasStore.getState();
    if (viewport === null || shown === null) return null;
    this.#setScene('full');
    this.#renderer.drawNow();
    const part = visiblePart(viewport, shown.size, this.#canvas);
    const copy = document.createElement('canvas');
    copy.width = Math.max(1, part.width);
    copy.height = Math.max(1, part.height);
    copy.getContext('2d')?.drawImage(this.#canvas, -part.x, -part.y);
    return new Promise((resolve) => copy.toBlob(resolve, 'image/png'));
  }

  zoom(factor: number, at: Point): void {
    zoomByFactor(factor, at);
  }

  pan(delta: Point): void {
    movePicture(delta);
  }

  hover(at: Point | null): void {
    this.#pointer = at;
    this.#readHover();
  }

  doubleClick(at: Point): void {
    toggleFit(at);
  }

  dispose(): void {
    this.#loading?.abort();
    if (this.#settling !== null) window.clearTimeout(this.#settling);
    for (const stop of this.#stops) stop();
    this.#renderer.dispose();
    hoverStore.setState({ pixel: null, classId: null });
    setHoverText('');
  }

  #sync(): void {
    const { live } = liveStore.getState();
    const wasLive = this.#live !== null;
    if (live !== null) this.#syncLive(live);
    else {
      if (wasLive) this.#leaveLive();
      const pictures = picturesStore.getState();
      // A video is no picture: whoever opens it shows its frames.
      const wanted = selectedItem(pictures)?.entry.kind === 'video' ? null : pictures.selectedId;
      if (wanted !== this.#wanted) void this.#show(wanted);
      this.#syncMask();
    }
    this.#syncPalette();
    this.#draw();
  }

  /** A frame is uploaded at once: it may be closed as soon as the next one is set. */
  #syncLive(live: LivePicture): void {
    const before = this.#live;
    if (live === before) return;
    this.#live = live;
    if (before === null) {
      this.#loading?.abort();
      this.#picture = null;
      this.#setMask(null, []);
    }
    const start = performance.now();
    if (live.image !== before?.image) {
      this.#renderer.setPicture(live.image);
      this.#showSize(live.image === null ? null : { id: live.id, size: live.size, resolution: 1 });
    }
    this.#setMask(live.mask, live.classes);
    const upload = performance.now() - start;
    const { onDrawn } = live;
    this.#tellDrawn = onDrawn === undefined ? null : (drawMs) => onDrawn(upload + drawMs);
  }

  #leaveLive(): void {
    this.#live = null;
    this.#tellDrawn = null;
    this.#wanted = null;
    this.#setMask(null, []);
    this.#adopt(null);
  }

  /** Keeps the place and the zoom while the size stays. */
  #showSize(picture: ShownPicture | null): void {
    const { viewport, shown, view } = canvasStore.getState();
    if (picture === null) return canvasStore.setState({ shown: null, loading: false, error: null });
    const { id, size } = picture;
    if (shown?.id === id && shown.size.width === size.width && shown.size.height === size.height) return;
    canvasStore.setState({
      shown: picture,
      viewport: viewport === null || shown === null ? fit(size, view) : carriedOver(viewport, shown.size, size, view),
      loading: false,
      error: null,
    });
  }

  async #show(pictureId: string | null): Promise<void> {
    this.#wanted = pictureId;
    this.#loading?.abort();
    if (pictureId === null) return this.#adopt(null);
    const loading = new AbortController();
    this.#loading = loading;
    const timer = window.setTimeout(() => {
      if (!loading.signal.aborted) canvasStore.setState({ loading: true });
    }, PATIENCE_MS);
    try {
      const picture = await this.#source.load(pictureId, this.#renderer.maxTextureSize, loading.signal);
      if (!loading.signal.aborted) this.#adopt(picture);
    } catch (error) {
      if (loading.signal.aborted) return;
      this.#adopt(null);
      canvasStore.setState({ error: toErrorReport(error) });
    } finally {
      window.clearTimeout(timer);
    }
  }

  #adopt(picture: LoadedPicture | null): void {
    this.#picture = picture;
    this.#renderer.setPicture(picture?.bitmap ?? null);
    if (picture === null) this.#showSize(null);
    else {
      const { id, size, bitmap } = picture;
      canvasStore.setState({ loading: false, error: null });
      this.#showSize({ id, size, resolution: Math.min(1, bitmap.width / size.width) });
    }
    if (this.#live !== null || liveStore.getState().live !== null) return;
    this.#sync();
  }

  #syncMask(): void {
    const { segmentations } = picturesStore.getState();
    const segmentation = this.#picture === null ? undefined : segmentations.get(this.#picture.id);
    if (!this.#setMask(segmentation?.mask ?? null, segmentation?.classes ?? [])) return;
    requestAnimationFrame(() => requestAnimationFrame(markReady));
    this.#loadNext();
  }

  /** Answers with whether there is a mask that was not drawn before. */
  #setMask(mask: Mask | null, classes: readonly ClassShare[]): boolean {
    if (mask === (this.#drawn?.mask ?? null)) return false;
    this.#present = new Set(classes.map(({ id }) => id));
    this.#drawn = mask === null ? null : { mask, ids: maskIds(mask) };
    if (mask === null) {
      this.#renderer.removeMask(MASK);
      return false;
    }
    this.#paletteInputs = [];
    this.#renderer.setMask(MASK, mask, this.#syncPalette() ?? new Uint8Array());
    this.#readHover();
    return true;
  }

  /** Decodes the picture after this one, so that walking the strip does not wait. */
  #loadNext(): void {
    const { order, items, selectedId } = picturesStore.getState();
    const next = selectedId === null ? undefined : order[order.indexOf(selectedId) + 1];
    if (next === undefined || items[next]?.entry.kind !== 'image') return;
    void this.#source.loadAhead(next, this.#renderer.maxTextureSize);
  }

  /** Colours and visibility, when they have changed since the last time. */
  #syncPalette(): Uint8Array | null {
    if (this.#drawn === null) return null;
    const { palette, colors, hidden, solo } = viewStore.getState();
    const labels = activeModel(libraryStore.getState())?.labels ?? noLabels;
    const inputs = [palette, colors, hidden, solo, labels];
    if (inputs.every((input, i) => input === this.#paletteInputs[i])) return null;
    this.#paletteInputs = inputs;
    const visibility = { hidden, solo: new Set(solo === null ? [] : [solo]) };
    const bytes = paletteBytes(this.#drawn.mask.bytesPerId, classColors(labels, palette, colors), visibility);
    this.#renderer.setPalette(MASK, bytes);
    return bytes;
  }

  #moved(): void {
    setView({ zoom: canvasStore.getState().viewport?.scale ?? 0 });
    this.#readHover();
    this.#draw();
  }

  /** Without a graphics card everything that changes is first drawn roughly, and well once it has come to rest. */
  #draw(): void {
    if (!this.#isSoftware) return this.#setScene('full');
    if (this.#settling !== null) window.clearTimeout(this.#settling);
    this.#settling = window.setTimeout(() => this.#setScene('fair'), this.#live === null ? SETTLE_MS : SETTLE_LIVE_MS);
    this.#setScene('draft');
  }

  #setScene(quality: Scene['quality']): void {
    const { viewport, view, shown } = canvasStore.getState();
    const look = viewStore.getState();
    if (view.width === 0 || view.height === 0) return;
    this.#renderer.setScene({
      picture: shown?.size ?? view,
      viewport: viewport ?? fit(view, view),
      panes: shown === null ? [] : this.#panes(view, look),
      backdrop: this.#backdrop(look.backdrop),
      pixelGrid: true,
      quality,
    });
  }

  #panes(view: Size, look: ViewState): Scene['panes'] {
    const mask = look.maskHeld || this.#drawn === null ? null : MASK;
    return splitPanes(view, look.split ? look.splitAt : null, mask, {
      opacity: drawnOpacity(look.mode, look.opacity),
      mode: look.mode,
      outlineWidth: look.outlineWidth * devicePixelRatio,
      highlight: this.#present.has(look.emphasised ?? -1) ? look.emphasised : null,
    });
  }

  #backdrop(choice: ViewState['backdrop']): Backdrop {
    if (choice === 'checker') return CHECKER;
    if (choice === 'black') return { kind: 'plain', color: [0, 0, 0] };
    if (choice === 'white') return { kind: 'plain', color: [255, 255, 255] };
    return { kind: 'plain', color: parseColor(getComputedStyle(this.#stage).backgroundColor) };
  }

  #readHover(): void {
    const { viewport, shown, view } = canvasStore.getState();
    const pixel =
      this.#pointer === null || viewport === null || shown === null
        ? null
        : pixelAt(viewport, shown.size, view, this.#pointer);
    const classId =
      pixel === null || this.#drawn === null
        ? null
        : (this.#drawn.ids[pixel.y * this.#drawn.mask.width + pixel.x] ?? null);
    const before = hoverStore.getState();
    if (before.pixel?.x === pixel?.x && before.pixel?.y === pixel?.y && before.classId === classId) return;
    hoverStore.setState({ pixel, classId });
    setHoverText(pixel === null ? '' : hoverText(pixel, classId));
  }

  #followSize(): () => void {
    const observer = new ResizeObserver(([entry]) => {
      const box = entry?.devicePixelContentBoxSize[0];
      if (box === undefined) return;
      const view = { width: box.inlineSize, height: box.blockSize };
      if (view.width === 0 || view.height === 0) return;
      this.#canvas.width = view.width;
      this.#canvas.height = view.height;
      canvasStore.setState(({ viewport, shown }) => ({
        view,
        viewport: viewport === null || shown === null ? viewport : resized(viewport, shown.size, view),
      }));
      this.#draw();
      // In this very frame: a canvas that was resized is empty.
      this.#renderer.drawNow();
    });
    observer.observe(this.#canvas, { box: 'device-pixel-content-box' });
    return () => observer.disconnect();
  }

  #followTheme(): () => void {
    const observer = new MutationObserver(() => this.#draw());
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    return () => observer.disconnect();
  }
}

function hoverText(pixel: Point, classId: number | null): string {
  const x = String(pixel.x);
  const y = String(pixel.y);
  if (classId === null) return i18n.t('canvas.hoverPixel', { x, y });
  const labels = activeModel(libraryStore.getState())?.labels ?? noLabels;
  const label = labels.find(({ id }) => id === classId)?.name;
  return label === undefined
    ? i18n.t('canvas.hoverUnnamed', { x, y, id: String(classId) })
    : i18n.t('canvas.hoverClass', { x, y, label, id: String(classId) });
}

/** `rgb(41, 41, 41)` as a computed style gives it. */
function parseColor(css: string): Rgb {
  const [red = 0, green = 0, blue = 0] = (css.match(/\d+/g) ?? []).map(Number);
  return [red, green, blue];
}
