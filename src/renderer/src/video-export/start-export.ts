import { fromErrorReport, type ErrorReport } from '../../../shared/app-error';
import type { Job } from '../../../shared/domain/job';
import type { KeptExport } from '../../../shared/video-export-contract';
import { frameCount } from '../../../shared/frames-to-do';
import { goOnOf, startLocalJob } from '../actions/local-jobs';
import { i18n } from '../i18n/i18n';
import { errorHint } from '../notices/error-text';
import { notify, reportError } from '../notices/notify';
import { putJob } from '../state/jobs-store';
import { studio } from '../studio-client/studio';
import { orderOf } from './export-order';
import { exportVideo, type VideoExport } from './export-video';

/** What is kept is of no use then, or is not there. */
const ONLY_AGAIN: ReadonlySet<string> = new Set(['VIDEO_EXPORT_GONE', 'VIDEO_ENCODER_CHANGED']);

/** The engine host went, and with it what this window had open there. */
const HOST_ENDED: ReadonlySet<string> = new Set([
  'HOST_GONE',
  'DEVICE_LOST',
  'SESSION_UNKNOWN',
  'SESSION_CLOSED',
  'VIDEO_EXPORT_UNKNOWN',
]);

/**
 * As a job of this window. When it breaks off, a notice and the list of jobs offer to go on.
 * @param goesOn with one that has broken off
 */
export function startVideoExport(work: VideoExport, goesOn = false): void {
  const { target, settings } = work;
  const total = frameCount({ ...settings, to: settings.to ?? settings.from });
  const plan = { kind: 'export', title: target.name, unit: 'frames', total } as const;
  let how: VideoExport['how'] = 'continue';
  const goOn = (): void => startVideoExport({ ...work, how }, true);
  const onBrokenOff = (job: Job): void => {
    // A studio that is gone may have been given nothing yet.
    if (HOST_ENDED.has(job.error?.code ?? '')) how = 'begin';
    if (job.error === null) void sayCancelled(work, job);
    else void sayFailed(work, job, job.error);
  };
  startLocalJob({ ...plan, goOn, goesOn: goesOn || work.how === 'continue', onBrokenOff }, (job) =>
    exportVideo(work, job),
  );
  notify(i18n.t('video.exporting.started'));
}

/** Of a studio that is gone nobody knows how much it had been given. */
async function sayFailed(work: VideoExport, job: Job, error: ErrorReport): Promise<void> {
  const again = { label: i18n.t('video.exporting.again'), run: () => startVideoExport({ ...work, how: 'again' }) };
  const action = ONLY_AGAIN.has(error.code) ? again : goOnAction(job);
  const isThere = error.code !== 'HOST_GONE' && action !== undefined;
  const kept = isThere ? await keptOf(work) : null;
  const isOnlyGone = HOST_ENDED.has(error.code) && action !== undefined;
  const remedy = isOnlyGone ? i18n.t('video.exporting.goOnHint') : errorHint(error);
  const hint = [remedy, kept === null ? undefined : keptText(kept, job)].filter(Boolean).join(' ');
  const told = { ...error, ...(hint === '' ? {} : { hint }) };
  putJob({ ...job, error: told });
  reportError(fromErrorReport(told), { subject: job.title, ...(action === undefined ? {} : { action }) });
}

async function sayCancelled(work: VideoExport, job: Job): Promise<void> {
  const kept = await keptOf(work);
  if (kept === null || kept.busy) return;
  const action = goOnAction(job);
  notify(i18n.t('video.exporting.cancelled', { name: job.title }), {
    description: keptText(kept, job),
    ...(action === undefined ? {} : { action }),
    seconds: 20,
  });
}

/** How much was kept the studio knows. */
async function keptOf({ target }: VideoExport): Promise<KeptExport | null> {
  const look = async () => studio.call('videoExport.kept', (await orderOf(target)).order);
  return look().catch(() => null);
}

function keptText({ frames }: KeptExport, { total }: Job): string {
  return i18n.t('video.exporting.kept', { count: frames, total: String(total) });
}

function goOnAction(job: Job) {
  const isOffered = goOnOf(job.id) !== undefined;
  return isOffered ? { label: i18n.t('video.exporting.goOn'), run: () => goOnOf(job.id)?.() } : undefined;
}
