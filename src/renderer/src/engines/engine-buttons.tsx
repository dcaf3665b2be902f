import type { EngineSummary } from '../../../shared/domain/engine';
import wizard from '../build/wizard.module.css';
import { Button } from '../components/button';
import { useEngineMenu } from './engine-menu';

/** The same as the menu of its row; `without` what is on the screen already. */
export function EngineButtons({
  engine,
  without = ['verify'],
}: {
  readonly engine: EngineSummary;
  readonly without?: readonly string[];
}) {
  const entries = useEngineMenu(engine).filter(({ id }) => !without.includes(id));
  return (
    <div className={wizard.row}>
      {entries.map(({ id, label, run, danger }, index) => (
        <Button
          key={id}
          variant={index === 0 && id !== 'duplicate' ? 'primary' : danger === true ? 'danger' : 'plain'}
          onClick={run}
        >
          {label}
        </Button>
      ))}
    </div>
  );
}
