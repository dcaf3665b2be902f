import type { SideResult } from '../../shared/domain/comparison';
import type { Timings } from '../../shared/domain/mask';
import type { Label, SizePolicy } from '../../shared/domain/model';

/** What a page shows of a side. */
export interface ReportSide extends Pick<SideResult, 'compared' | 'agreement' | 'accuracy'> {
  readonly kind: 'model' | 'engine' | 'masks';
  readonly name: string;
  readonly modelName: string | null;
  readonly runtime: string;
  readonly device: string;
  readonly precision: string;
  /** Of the library: the hash of its recipe. */
  readonly engineId: string | null;
  readonly builtAt: string | null;
  readonly directory: string | null;
  readonly size: SizePolicy | null;
  readonly latency: ReportLatency | null;
}

export interface ReportLatency {
  readonly pictures: number;
  readonly median: Timings;
  /** Null where only medians were kept. */
  readonly p95: Timings | null;
}

/** Pictures as `data:` addresses; null where they could not be made again. */
export interface ReportImages {
  readonly picture: string;
  /** One for each side; null where it has no mask. `difference` is null for the reference. */
  readonly sides: readonly ({ readonly overlay: string; readonly difference: string | null } | null)[];
}

export interface ReportPicture {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly sides: readonly ({
    readonly agreement: number | null;
    readonly meanIou: number | null;
    /** Mean IoU with the drawn mask. */
    readonly accuracy: number | null;
  } | null)[];
  readonly images: ReportImages | null;
}

/** Everything on a page, whichever way it was found. */
export interface ReportData {
  readonly kind: 'comparison' | 'verification';
  /** ISO 8601. */
  readonly at: string;
  /** Folder of the pictures; empty where they were named one by one. */
  readonly images: string;
  readonly pictures: number;
  /** Index of a side. */
  readonly reference: number;
  readonly sides: readonly ReportSide[];
  readonly labels: readonly Label[];
  /** The pictures that agree least, the worst first. */
  readonly worst: readonly ReportPicture[];
  readonly failures: readonly {
    readonly name: string;
    readonly side: number | null;
    readonly code: string;
    readonly message: string;
  }[];
}

/** Pictures that a page shows. */
export const MOST_WORST = 10;
