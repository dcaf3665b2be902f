import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { GpuCondition } from '../../shared/domain/engine-measurement';

const FIELDS = ['clocks.sm', 'clocks.mem', 'temperature.gpu', 'power.draw', 'driver_version'];
const PATIENCE_MS = 3000;

/** Clocks, temperature and power of a device as nvidia-smi tells them; null without it. */
export async function gpuCondition(uuid: string): Promise<{ condition: GpuCondition; driver: string } | null> {
  const args = [
    `--query-gpu=${FIELDS.join(',')}`,
    '--format=csv,noheader,nounits',
    ...(uuid === '' ? [] : ['-i', gpuName(uuid)]),
  ];
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', args, { timeout: PATIENCE_MS });
    return parseCondition(stdout);
  } catch {
    return null;
  }
}

/** @param line `1980, 2619, 41, 118.52, 580.65.06`; what a device does not tell is `[N/A]` */
export function parseCondition(line: string): { condition: GpuCondition; driver: string } | null {
  const cells = (line.trim().split('\n')[0] ?? '').split(',').map((cell) => cell.trim());
  if (cells.length < FIELDS.length) return null;
  const number = (text: string | undefined): number | null => {
    const value = Number.parseFloat(text ?? '');
    return Number.isFinite(value) ? value : null;
  };
  const [sm, memory, temperature, power, driver = ''] = cells;
  return {
    condition: {
      smClockMHz: number(sm),
      memoryClockMHz: number(memory),
      temperatureC: number(temperature),
      powerW: number(power),
    },
    driver,
  };
}

function gpuName(uuid: string): string {
  return uuid.startsWith('GPU-') || uuid.startsWith('MIG-') ? uuid : `GPU-${uuid}`;
}
