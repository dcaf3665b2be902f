import { createStore, useStore } from 'zustand';
import type { Job } from '../../../shared/domain/job';

export interface JobsState {
  /** Newest first. */
  readonly jobs: readonly Job[];
}

export const jobsStore = createStore<JobsState>(() => ({ jobs: [] }));

export function useJobs<T>(select: (state: JobsState) => T): T {
  return useStore(jobsStore, select);
}

export function putJob(job: Job): void {
  jobsStore.setState((state) => {
    const known = state.jobs.some((other) => other.id === job.id);
    return { jobs: known ? state.jobs.map((other) => (other.id === job.id ? job : other)) : [job, ...state.jobs] };
  });
}

export function isRunning(job: Job): boolean {
  return job.state === 'queued' || job.state === 'running';
}

/** Takes finished jobs off the list; the engine host keeps none either. */
export function clearFinishedJobs(): void {
  jobsStore.setState((state) => ({ jobs: state.jobs.filter(isRunning) }));
}
