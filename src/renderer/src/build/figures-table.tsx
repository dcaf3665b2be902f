import type { ReactNode } from 'react';
import styles from './figures-table.module.css';

interface FiguresTableProps {
  readonly label: string;
  /** Headings, the first of what a row is about. */
  readonly columns: readonly string[];
  /** Rows whose first cell is their heading. */
  readonly children: ReactNode;
}

/** Figures in columns, which scroll below their headings where there are many. */
export function FiguresTable({ label, columns, children }: FiguresTableProps) {
  return (
    <div className={styles.scroll}>
      <table className={styles.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
