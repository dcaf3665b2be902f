import type { Job } from '../../../shared/domain/job';

/** 0–1, or null while the end is unknown. */
export function progressOf(job: Job): number | null {
  return job.total > 0 ? Math.min(1, job.done / job.total) : null;
}
