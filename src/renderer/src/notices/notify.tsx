import { isAbort, toErrorReport } from '../../../shared/app-error';
import { toasts } from '../components/toast-manager';
import { ErrorDetails } from './error-card';
import { errorHint, errorMessage, errorTitle } from './error-text';

interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
}

/** Something happened that the user may want to undo or follow. Goes away by itself. */
export function notify(
  title: string,
  options: { description?: string; action?: NoticeAction; seconds?: number } = {},
): void {
  const { action } = options;
  const id = toasts.add({
    title,
    ...(options.description === undefined ? {} : { description: options.description }),
    timeout: (options.seconds ?? (action === undefined ? 5 : 10)) * 1000,
    ...(action === undefined
      ? {}
      : {
          actionProps: {
            children: action.label,
            onClick: () => {
              action.run();
              toasts.close(id);
            },
          },
        }),
  });
}

/** An action failed: says so until dismissed. What was cancelled is no failure. `subject` names the file. */
export function reportError(error: unknown, options: { subject?: string; action?: NoticeAction } = {}): void {
  if (isAbort(error)) return;
  const report = toErrorReport(error);
  const title = errorTitle(report);
  const { action, subject } = options;
  const hint = errorHint(report);
  const message = errorMessage(report);
  const id = toasts.add({
    title,
    type: 'error',
    // Read out at once by assistive tools.
    priority: 'high',
    timeout: 0,
    description: (
      <>
        {subject !== undefined && !message.includes(subject) && <p>{subject}</p>}
        <p>{message}</p>
        {hint !== undefined && <p>{hint}</p>}
        <ErrorDetails error={report} />
      </>
    ),
    ...(action === undefined
      ? {}
      : {
          actionProps: {
            children: action.label,
            onClick: () => {
              action.run();
              toasts.close(id);
            },
          },
        }),
  });
}
