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
    else void sayFailed(work, job, job.error);
  };
  startLocalJob({ ...plan, goOn, onBrokenOff }, (job) => exportVideo(work, job));
  notify(i18n.t('video.exporting.started'));
}

/** Of a studio that is gone nobody knows how much it had been given. */
async function sayFailed(work: VideoExport, job: Job, error: ErrorReport): Promise<void> {
  const again = { label: i18n.t('video.exporting.again'), run: () => startVideoExport({ ...work, how: 'again' }) };
  const action = ONLY_AGAIN.has(error.code) ? again : goOnAction(job);
  const isGone = error.code === 'HOST_GONE';
  const kept = isGone || action === undefined ? null : await keptOf(work);
  const remedy = isGone && action !== undefined ? i18n.t('video.exporting.goOnHint') : errorHint(error);
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
