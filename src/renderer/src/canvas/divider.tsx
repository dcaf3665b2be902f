import type { KeyboardEvent, PointerEvent } from 'react';
import styles from './divider.module.css';

const KEY_STEP = 0.02;

interface DividerProps {
  /** 0–1 of the width of what holds the divider. */
  readonly at: number;
  readonly onMove: (at: number) => void;
  readonly label: string;
  /** What is left and right of it. */
  readonly left: string;
  readonly right: string;
}

/** A line over the canvas that can be dragged and moved by arrow keys; a double click brings it to the middle. */
export function Divider({ at, onMove, label, left, right }: DividerProps) {
  const place = `${at * 100}%`;
  return (
    <>
      <span
        className={styles.left}
        style={{ right: `${100 - at * 100}%`, maxWidth: `calc(${place} - 20px)` }}
        aria-hidden
      >
        {left}
      </span>
      <span className={styles.right} style={{ left: place, maxWidth: `calc(${100 - at * 100}% - 20px)` }} aria-hidden>
        {right}
      </span>
      <div
        className={styles.divider}
        style={{ left: place }}
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(at * 100)}
        data-canvas-control
        onPointerDown={grab}
        onPointerMove={(event) => drag(event, onMove)}
        onKeyDown={(event) => moveByKey(event, at, onMove)}
        onDoubleClick={() => onMove(0.5)}
      >
        <span className={styles.grip} />
      </div>
    </>
  );
}

function grab(event: PointerEvent<HTMLElement>): void {
  if (event.button === 0) event.currentTarget.setPointerCapture(event.pointerId);
}

function drag(event: PointerEvent<HTMLElement>, onMove: (at: number) => void): void {
  const stage = event.currentTarget.parentElement;
  if (stage === null || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
  const box = stage.getBoundingClientRect();
  onMove(clamp((event.clientX - box.left) / box.width));
}

function moveByKey(event: KeyboardEvent, at: number, onMove: (at: number) => void): void {
  const target: Record<string, number> = {
    ArrowLeft: at - KEY_STEP,
    ArrowRight: at + KEY_STEP,
    Home: 0,
    End: 1,
  };
  const next = target[event.key];
  if (next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  onMove(clamp(next));
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
