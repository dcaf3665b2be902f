import { ArrowRight } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { GraphPicture, Rehearsal } from '../../../shared/domain/engine';
import { cx } from '../components/cx';
import styles from './finding-picture.module.css';

type Picture = NonNullable<Rehearsal['steps'][number]['picture']>;
type Node = GraphPicture['nodes'][number];

/** What stands at the first place that a pass found, and what takes its place. */
export function FindingPicture({ picture: { before, after } }: { readonly picture: Picture }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <div className={styles.pictures}>
      <div className={styles.pair}>
        <Drawing title={t('build.fixes.before')} picture={before} chosen={chosen} onChoose={setChosen} />
        <ArrowRight size={16} aria-hidden className={styles.arrow} />
        <Drawing title={t('build.fixes.after')} picture={after} chosen={chosen} onChoose={setChosen} />
      </div>
      <p className={styles.name} aria-live="polite">
        {chosen ?? t('build.fixes.pictureHint')}
      </p>
    </div>
  );
}

interface DrawingProps {
  readonly title: string;
  readonly picture: GraphPicture;
  readonly chosen: string | null;
  readonly onChoose: (name: string) => void;
}

const MARGIN = 4;

function Drawing({ title, picture: { nodes, edges, width, height }, chosen, onChoose }: DrawingProps) {
  const [w, h] = [width + 2 * MARGIN, height + 2 * MARGIN];
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>{title}</figcaption>
      <svg viewBox={`${-MARGIN} ${-MARGIN} ${w} ${h}`} width={w} height={h} role="group" aria-label={title}>
        {edges.map((points, index) => (
          <polyline key={index} className={styles.edge} points={points.map(({ x, y }) => `${x},${y}`).join(' ')} />
        ))}
        {nodes.map((node, index) => (
          <NodeBox key={index} node={node} isChosen={chosen === node.name} onChoose={onChoose} />
        ))}
      </svg>
    </figure>
  );
}

interface NodeBoxProps {
  readonly node: Node;
  readonly isChosen: boolean;
  readonly onChoose: (name: string) => void;
}

function NodeBox({ node: { x, y, width, height, title, name, kind }, isChosen, onChoose }: NodeBoxProps) {
  const choose = (): void => onChoose(name);
  return (
    <g
      className={cx(styles.node, styles[kind], isChosen && styles.chosen)}
      role="button"
      tabIndex={0}
      aria-label={`${title}: ${name}`}
      onClick={choose}
      onKeyDown={(event) => {
        if (event.key === 'Enter' || event.key === ' ') {
          event.preventDefault();
          choose();
        }
      }}
    >
      <title>{name}</title>
      <rect x={x} y={y} width={width} height={height} rx={4} />
      <text x={x + width / 2} y={y + height / 2} textAnchor="middle" dominantBaseline="central">
        {title}
      </text>
    </g>
  );
}
