import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Rect } from '../canvas/viewport';
import { canvasStore, hoverStore, useCanvas } from '../canvas/canvas-store';
import { Divider } from '../canvas/divider';
import { pictureOrigin } from '../canvas/viewport';
import { ErrorCard } from '../notices/error-card';
import styles from './canvas-labels.module.css';
import { comparePicture, removeSide } from './compare-actions';
import { setCompare, useCompare, type CompareState } from './compare-store';
import { agreementOf } from './figures';
import { percentText } from './percent-text';
import { useShortNames, useSideNames } from './side-choices';

/** What is where on the canvas, the divider, and the errors of sides that have no mask, in their place. */
export function CanvasLabels() {
  const view = useCompare((state) => state.view);
  const held = useCompare((state) => state.held);
  return (
    <>
      {view === 'swipe' && !held ? <SwipeDivider /> : view === 'tiles' && !held ? <TileLabels /> : <ViewLabel />}
      {view === 'tiles' && !held && <Crosshairs />}
      <FailedSides />
    </>
  );
}

function SwipeDivider() {
  const { t } = useTranslation();
  const at = useCompare((state) => state.swipeAt);
  const reference = useCompare((state) => state.reference);
  const other = useCompare((state) => state.other);
  const names = useNumberedNames();
  const [left, right] = [names[reference] ?? '', names[other] ?? ''];
  return (
    <Divider
      at={at}
      onMove={(swipeAt) => setCompare({ swipeAt })}
      label={t('compare.divider', { left, right })}
      left={left}
      right={right}
    />
  );
}

function TileLabels() {
  const tiles = useCssTiles();
  const names = useNumberedNames();
  const state = useCompare((all) => all);
  return tiles.map((tile, side) => {
    const agreement = agreementOf(state, side);
    return (
      <span
        key={side}
        className={styles.label}
        style={{ left: tile.x + 8, top: tile.y + 8, maxWidth: tile.width - 16 }}
      >
        <span className={styles.text}>{names[side]}</span>
        {agreement !== null && <b className={styles.figure}>{percentText(agreement)}</b>}
      </span>
    );
  });
}

function ViewLabel() {
  const { t } = useTranslation();
  const names = useNumberedNames();
  const state = useCompare((all) => all);
  const { view, held, reference, other, picked } = state;
  const [from, to] = [names[reference] ?? '', names[other] ?? ''];
  const agreement = agreementOf(state, other);
  const texts: Record<CompareState['view'], string> = {
    swipe: from,
    tiles: from,
    blink: names[picked] ?? '',
    onion: t('compare.mixOf', { from, to }),
    lens: t('compare.lensOver', { outside: from, inside: to }),
    difference: t('compare.differenceOf', { from, to }),
  };
  return (
    <span className={styles.label} style={{ left: 8, top: 8 }} role="status">
      <span className={styles.text}>{held ? from : texts[view]}</span>
      {view === 'difference' && !held && agreement !== null && (
        <b className={styles.figure}>{t('compare.same', { percent: percentText(agreement) })}</b>
      )}
    </span>
  );
}

/** Where the pointer is in one tile, shown in all of them. Follows the mouse without rendering. */
function Crosshairs() {
  const root = useRef<HTMLDivElement>(null);
  const tiles = useCssTiles();
  useEffect(() => {
    const place = (): void => {
      const { pixel } = hoverStore.getState();
      const { viewport, view } = canvasStore.getState();
      const marks = [...(root.current?.children ?? [])].filter((mark) => mark instanceof HTMLElement);
      for (const [i, mark] of marks.entries()) {
        const tile = tiles[i];
        mark.hidden = pixel === null || viewport === null || tile === undefined;
        if (pixel === null || viewport === null || tile === undefined) continue;
        const origin = pictureOrigin(viewport, view);
        const x = tile.x + (origin.x + (pixel.x + 0.5) * viewport.scale) / devicePixelRatio;
        const y = tile.y + (origin.y + (pixel.y + 0.5) * viewport.scale) / devicePixelRatio;
        mark.style.transform = `translate(${x}px, ${y}px)`;
      }
    };
    place();
    const stops = [hoverStore.subscribe(place), canvasStore.subscribe(place)];
    return () => stops.forEach((stop) => stop());
  }, [tiles]);
  return (
    <div ref={root} className={styles.crosshairs} aria-hidden>
      {tiles.map((_, i) => (
        <span key={i} className={styles.crosshair} hidden />
      ))}
    </div>
  );
}

function FailedSides() {
  const { t } = useTranslation();
  const names = useSideNames();
  const tiles = useCssTiles();
  const state = useCompare((all) => all);
  const { picture, sides } = state;
  if (picture.kind !== 'done') return null;
  return placesOf(state, tiles).map(({ side, left, top, width, height }) => {
    const found = picture.compared.sides[side];
    if (found?.outcome !== 'failed') return null;
    return (
      <div key={side} className={styles.failed} style={{ left, top, width, height }}>
        <ErrorCard
          error={found.error}
          subject={names[side] ?? ''}
          remedies={[
            { label: t('compare.again'), run: () => comparePicture({ fresh: true }) },
            ...(sides.length > 2 ? [{ label: t('compare.removeSide'), run: () => removeSide(side) }] : []),
          ]}
        />
      </div>
    );
  });
}

interface Place {
  readonly side: number;
  readonly left: number | string;
  readonly top: number | string;
  readonly width: number | string;
  readonly height: number | string;
}

/** Where on the canvas each side is to be seen, CSS lengths. */
function placesOf(
  { view, held, sides, reference, other, picked, swipeAt }: CompareState,
  tiles: readonly Rect[],
): Place[] {
  const whole = (side: number): Place => ({ side, left: 0, top: 0, width: '100%', height: '100%' });
  if (held) return [whole(reference)];
  if (view === 'tiles') {
    return sides.flatMap((_, side) => {
      const tile = tiles[side];
      return tile === undefined ? [] : [{ side, left: tile.x, top: tile.y, width: tile.width, height: tile.height }];
    });
  }
  if (view === 'blink') return [whole(picked)];
  const at = swipeAt * 100;
  if (view === 'swipe') {
    return [
      { ...whole(reference), width: `${at}%` },
      { ...whole(other), left: `${at}%`, width: `${100 - at}%` },
    ];
  }
  return [whole(other), whole(reference)];
}

function useNumberedNames(): string[] {
  const { t } = useTranslation();
  return useShortNames().map((name, index) => t('compare.side', { number: String(index + 1), name }));
}

/** The canvas's tiles in CSS pixels. */
function useCssTiles(): Rect[] {
  const tiles = useCanvas((state) => state.tiles);
  return tiles.map(({ x, y, width, height }) => ({
    x: x / devicePixelRatio,
    y: y / devicePixelRatio,
    width: width / devicePixelRatio,
    height: height / devicePixelRatio,
  }));
}
