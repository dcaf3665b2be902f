import { fromErrorReport, type ErrorReport } from '../../../shared/app-error';
import type { Job } from '../../../shared/domain/job';
import { frameCount } from '../../../shared/frames-to-do';
import { goOnOf, startLocalJob } from '../actions/local-jobs';
import { i18n } from '../i18n/i18n';
import { notify, reportError } from '../notices/notify';
import { studio } from '../studio-client/studio';
import { orderOf } from './export-order';
import { exportVideo, type VideoExport } from './export-video';

/** What is kept is of no use then. */
const ONLY_AGAIN: ReadonlySet<string> = new Set(['VIDEO_EXPORT_CHANGED', 'VIDEO_EXPORT_GONE', 'VIDEO_ENCODER_CHANGED']);

/** As a job of this window. When it breaks off, a notice and the list of jobs offer to go on. */
export function startVideoExport(work: VideoExport): void {
  const { target, settings } = work;
  const total = frameCount({ ...settings, to: settings.to ?? settings.from });
  const plan = { kind: 'export', title: target.name, unit: 'frames', total } as const;
  let how: VideoExport['how'] = 'continue';
  const goOn = (): void => startVideoExport({ ...work, how });
  const onBrokenOff = (job: Job): void => {
    // A studio that is gone may have been given nothing yet.
    if (job.error?.code === 'HOST_GONE') how = 'begin';
    if (job.error === null) void sayCancelled(work, job);
    else sayFailed(work, job, job.error);
  };
  startLocalJob({ ...plan, goOn, onBrokenOff }, (job) => exportVideo(work, job));
  notify(i18n.t('video.exporting.started'));
}

function sayFailed(work: VideoExport, job: Job, error: ErrorReport): void {
  const again = { label: i18n.t('video.exporting.again'), run: () => startVideoExport({ ...work, how: 'again' }) };
  const action = ONLY_AGAIN.has(error.code) ? again : goOnAction(job);
  reportError(fromErrorReport(error), { subject: job.title, ...(action === undefined ? {} : { action }) });
}

/** How much was kept the studio knows. */
async function sayCancelled({ target }: VideoExport, job: Job): Promise<void> {
  const look = async () => studio.call('videoExport.kept', (await orderOf(target)).order);
  const kept = await look().catch(() => null);
  if (kept === null || kept.busy) return;
  const action = goOnAction(job);
  notify(i18n.t('video.exporting.cancelled', { name: job.title }), {
    description: i18n.t('video.exporting.kept', { count: kept.frames, total: String(job.total) }),
    ...(action === undefined ? {} : { action }),
    seconds: 20,
  });
}

function goOnAction(job: Job) {
  const isOffered = goOnOf(job.id) !== undefined;
  return isOffered ? { label: i18n.t('video.exporting.goOn'), run: () => goOnOf(job.id)?.() } : undefined;
}
