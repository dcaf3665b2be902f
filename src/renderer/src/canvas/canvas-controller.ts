import { toErrorReport } from '../../../shared/app-error';
import type { Mask } from '../../../shared/domain/mask';
import { connectionStore } from '../state/connection-store';
import { setHoverText } from '../state/hover-slot';
import { libraryStore, shownLabels } from '../state/library-store';
import { liveStore, type LivePicture } from '../state/live-store';
import { picturesStore, selectedItem } from '../state/pictures-store';
import { markReady } from '../state/readiness';
import { setView, viewStore, type ViewState } from '../state/view-store';
import { arrangedPanes, maskName, pointInTile, sideAt, tilesOf, type Arrangement } from './arrangement';
import { arrangementStore } from './arrangement-store';
import { canvasStore, hoverStore, type ShownPicture } from './canvas-store';
import type { CardPatience } from './card-patience';
import { DrawnMasks } from './drawn-masks';
import { backdropOf, followTheme } from './follow-stage';
import { followGestures, type GestureTarget } from './gestures';
import { hoverText, sidesHoverText } from './hover-text';
import { movePicture, toggleFit, zoomByFactor } from './navigate';
import type { LoadedPicture, PictureSource } from './picture-source';
import { drawnOpacity, splitPanes, type Scene } from './scene';
import { SteadyPainter } from './steady-painter';
import { carriedOver, fit, pixelAt, resized, visiblePart, type Point, type Size } from './viewport';

const MASK = 'mask';
/** A picture that takes longer than this to appear is announced as loading. */
const PATIENCE_MS = 150;
/** Stillness after which a slow machine draws at full quality again. */
const SETTLE_MS = 140;
/** The same for a video that is not played: one that is scrubbed, or waits for its mask, comes to rest later. */
const SETTLE_LIVE_MS = 700;

/**
 * Joins the stores to the painter, outside of React: a picture, a mask, a colour or a place that changes is drawn in
 * the next frame, and nothing else happens.
 */
export class CanvasController implements GestureTarget {
  readonly #stage: HTMLElement;
  readonly #source: PictureSource;
  readonly #painter: SteadyPainter;
  readonly #masks: DrawnMasks;
  readonly #stops: (() => void)[] = [];
  #picture: LoadedPicture | null = null;
  /** The frame of a video that is shown in place of a picture. */
  #live: LivePicture | null = null;
  /** Told with the next drawing what a frame cost, its upload included. */
  #tellDrawn: ((drawMs: number) => void) | null = null;
  #wanted: string | null = null;
  #loading: AbortController | null = null;
  /** Where the pointer is, canvas pixels; null elsewhere and while it drags. */
  #pointer: Point | null = null;
  /** Where it was last: a lens stays there. */
  #lastPointer: Point | null = null;
  #settling: number | null = null;

  /** The canvas is put into `holder`, which fills `stage`. */
  constructor(stage: HTMLElement, holder: HTMLElement, source: PictureSource, patience: CardPatience) {
    this.#stage = stage;
    this.#source = source;
    this.#painter = new SteadyPainter(holder, {
      patience,
      onDrawing: (drawing) => canvasStore.setState({ drawing }),
      onResized: () => this.#resized(),
      onDrawn: (milliseconds) => {
        const tell = this.#tellDrawn;
        this.#tellDrawn = null;
        tell?.(milliseconds);
      },
    });
    this.#masks = new DrawnMasks(this.#painter);
    this.#stops.push(
      followGestures(stage, () => this.#painter.canvas, this),
      followTheme(() => this.#draw()),
    );
    for (const store of [viewStore, picturesStore, libraryStore, liveStore, arrangementStore])
      this.#stops.push(store.subscribe(() => this.#sync()));
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
    const canvas = this.#painter.drawn();
    const { width, height } = canvas;
    const whole = { x: 0, y: 0, width, height };
    const part = this.#arrangement()?.layout.kind === 'tiles' ? whole : visiblePart(viewport, shown.size, canvas);
    const copy = document.createElement('canvas');
    copy.width = Math.max(1, part.width);
    copy.height = Math.max(1, part.height);
    copy.getContext('2d')?.drawImage(canvas, -part.x, -part.y);
    return new Promise((resolve) => copy.toBlob(resolve, 'image/png'));
  }

  /** Tries the graphics card again after it was given up. */
  tryCard(): void {
    this.#painter.tryCard();
  }

  zoom(factor: number, at: Point): void {
    zoomByFactor(factor, this.#inTile(at).at);
  }

  pan(delta: Point): void {
    movePicture(delta);
  }

  hover(at: Point | null): void {
    this.#pointer = at;
    this.#lastPointer = at ?? this.#lastPointer;
    this.#readHover();
    if (at !== null && this.#arrangement()?.layout.kind === 'lens') this.#draw();
  }

  doubleClick(at: Point): void {
    toggleFit(this.#inTile(at).at);
  }

  dispose(): void {
    this.#loading?.abort();
    if (this.#settling !== null) window.clearTimeout(this.#settling);
    for (const stop of this.#stops) stop();
    this.#painter.dispose();
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
      this.#layOut();
      this.#syncMasks();
    }
    this.#draw();
  }

  /** A frame is uploaded at once, with its mask. */
  #syncLive(live: LivePicture): void {
    const before = this.#live;
    // Colours may have changed all the same.
    if (live === before) return this.#syncMasks();
    this.#live = live;
    this.#painter.isPatient = this.#painter.isSoftware && live.isMoving;
    if (before === null) {
      this.#loading?.abort();
      this.#picture = null;
      this.#layOut();
    }
    const start = performance.now();
    if (live.image !== before?.image) {
      this.#painter.setPicture(live.image);
      this.#showSize(live.image === null ? null : { id: live.id, size: live.size, resolution: 1 });
    }
    this.#syncMasks();
    const upload = performance.now() - start;
    const { onDrawn } = live;
    // One that is replaced before it was drawn cost its upload.
    this.#tellDrawn?.(0);
    this.#tellDrawn = onDrawn === undefined ? null : (drawMs) => onDrawn(upload + drawMs);
  }

  #leaveLive(): void {
    this.#live = null;
    this.#painter.isPatient = false;
    this.#tellDrawn = null;
    this.#wanted = null;
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
      const picture = await this.#source.load(pictureId, this.#painter.maxTextureSize, loading.signal);
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
    this.#painter.setPicture(picture?.bitmap ?? null);
    if (picture === null) this.#showSize(null);
    else {
      const { id, size, bitmap } = picture;
      canvasStore.setState({ loading: false, error: null });
      this.#showSize({ id, size, resolution: Math.min(1, bitmap.width / size.width) });
    }
    if (this.#live !== null || liveStore.getState().live !== null) return;
    this.#sync();
  }

  #syncMasks(): void {
    const labels = this.#arrangement()?.labels ?? shownLabels(libraryStore.getState());
    if (!this.#masks.sync(this.#wantedMasks(), labels)) return;
    this.#readHover();
    if (this.#live !== null) return;
    requestAnimationFrame(() => requestAnimationFrame(markReady));
    this.#loadNext();
  }

  #wantedMasks(): Map<string, Mask> {
    const arrangement = this.#arrangement();
    if (arrangement !== null) {
      if (arrangement.pictureId !== this.#picture?.id) return new Map();
      return new Map(arrangement.masks.flatMap((mask, side) => (mask === null ? [] : [[maskName(side), mask]])));
    }
    const { segmentations } = picturesStore.getState();
    const mask = this.#live === null ? segmentations.get(this.#picture?.id ?? '')?.mask : this.#live.mask;
    return new Map(mask == null ? [] : [[MASK, mask]]);
  }

  /** What is compared; a video is not. */
  #arrangement(): Arrangement | null {
    return this.#live === null ? arrangementStore.getState().arrangement : null;
  }

  /** Decodes the picture after this one, so that walking the strip does not wait. */
  #loadNext(): void {
    const { order, items, selectedId } = picturesStore.getState();
    const next = selectedId === null ? undefined : order[order.indexOf(selectedId) + 1];
    if (next === undefined || items[next]?.entry.kind !== 'image') return;
    void this.#source.loadAhead(next, this.#painter.maxTextureSize);
  }

  #moved(): void {
    setView({ zoom: canvasStore.getState().viewport?.scale ?? 0 });
    this.#readHover();
    this.#draw();
  }

  /** Without a graphics card everything that changes is first drawn roughly, and well once it has come to rest. */
  #draw(): void {
    if (!this.#painter.isSoftware) return this.#setScene('full');
    if (this.#settling !== null) window.clearTimeout(this.#settling);
    this.#settling = null;
    const settle = this.#live === null ? SETTLE_MS : SETTLE_LIVE_MS;
    // Drawing a frame well that the next one replaces would be for nothing.
    if (this.#live?.isMoving !== true) this.#settling = window.setTimeout(() => this.#setScene('fair'), settle);
    this.#setScene('draft');
  }

  #setScene(quality: Scene['quality']): void {
    const { viewport, view, shown } = canvasStore.getState();
    const look = viewStore.getState();
    if (view.width === 0 || view.height === 0) return;
    this.#painter.setScene({
      picture: shown?.size ?? view,
      viewport: viewport ?? fit(view, view),
      panes: shown === null ? [] : this.#panes(view, look),
      backdrop: backdropOf(look.backdrop, this.#stage),
      pixelGrid: true,
      quality,
    });
  }

  #panes(view: Size, look: ViewState): Scene['panes'] {
    const arrangement = this.#arrangement();
    const maskLook = {
      opacity: drawnOpacity(look.mode, look.opacity),
      mode: look.mode,
      outlineWidth: look.outlineWidth * devicePixelRatio,
      highlight: this.#isPresent(look.emphasised) ? look.emphasised : null,
    };
    if (arrangement === null) {
      const mask = look.maskHeld || !this.#masks.has(MASK) ? null : MASK;
      return splitPanes(view, look.split ? look.splitAt : null, mask, maskLook);
    }
    const middle = { x: view.width / 2, y: view.height / 2 };
    const { tiles } = canvasStore.getState();
    return arrangedPanes(arrangement.layout, tiles, maskLook, this.#lastPointer ?? middle, look.maskHeld);
  }

  /** Whether a mask that is drawn holds the class. */
  #isPresent(classId: number | null): boolean {
    if (classId === null) return false;
    const arrangement = this.#arrangement();
    if (arrangement !== null) return arrangement.present.has(classId);
    const { segmentations } = picturesStore.getState();
    const classes = this.#live?.classes ?? segmentations.get(this.#picture?.id ?? '')?.classes ?? [];
    return this.#masks.has(MASK) && classes.some(({ id }) => id === classId);
  }

  #inTile(point: Point): { readonly tile: number; readonly at: Point } {
    return pointInTile(canvasStore.getState().tiles, point);
  }

  #readHover(): void {
    const { viewport, shown, view } = canvasStore.getState();
    const place = this.#pointer === null ? null : { ...this.#inTile(this.#pointer), point: this.#pointer };
    const pixel =
      place === null || viewport === null || shown === null ? null : pixelAt(viewport, shown.size, view, place.at);
    const before = hoverStore.getState();
    if (place === null || pixel === null) {
      if (before.pixel === null) return;
      hoverStore.setState({ pixel: null, classId: null });
      return setHoverText('');
    }
    const arrangement = this.#arrangement();
    const classIds = arrangement?.masks.map((_, side) => this.#masks.classAt(maskName(side), pixel));
    const side = arrangement === null ? 0 : sideAt(arrangement.layout, place.tile, place.point, this.#painter.canvas);
    const classId = (classIds === undefined ? this.#masks.classAt(MASK, pixel) : classIds[side]) ?? null;
    const labels = arrangement?.labels ?? shownLabels(libraryStore.getState());
    setHoverText(classIds === undefined ? hoverText(pixel, classId, labels) : sidesHoverText(pixel, classIds, labels));
    if (before.pixel?.x === pixel.x && before.pixel.y === pixel.y && before.classId === classId) return;
    hoverStore.setState({ pixel, classId });
  }

  /** Divides the canvas anew where the arrangement or the picture asks for it. */
  #layOut(): void {
    const { width, height } = this.#painter.canvas;
    const { shown, tiles: before } = canvasStore.getState();
    const layout = this.#arrangement()?.layout ?? { kind: 'single', side: 0 };
    const tiles = tilesOf(layout, { width, height }, shown?.size ?? { width, height });
    const [tile] = tiles;
    if (tile === undefined || JSON.stringify(tiles) === JSON.stringify(before)) return;
    const view = { width: tile.width, height: tile.height };
    canvasStore.setState(({ viewport }) => ({
      tiles,
      view,
      viewport: viewport === null || shown === null ? viewport : resized(viewport, shown.size, view),
    }));
  }

  #resized(): void {
    this.#layOut();
    this.#draw();
    // In this very frame: a canvas that was resized is empty.
    this.#painter.drawNow();
  }
}
