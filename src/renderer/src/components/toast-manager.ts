import { Toast } from '@base-ui/react/toast';

/** Lets code outside React show a toast; see notices/notify.tsx. */
export const toasts = Toast.createToastManager();
