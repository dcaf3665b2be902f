import type { ModelInput, ModelSummary, SizePolicy } from '../../../shared/domain/model';

/** `1×3×512×512`, with `?` for dynamic dimensions, in the order of the layout. */
export function inputShape(input: ModelInput): string {
  const { batch, channels, height, width } = input;
  const dims = input.layout === 'NCHW' ? [batch, channels, height, width] : [batch, height, width, channels];
  return dims.map((dim) => dim ?? '?').join('×');
}

export function policySize(policy: SizePolicy): string {
  return policy.mode === 'native' ? `≤ ${policy.maxSide}` : `${policy.width}×${policy.height}`;
}

/** What the user should look at before trusting the masks. */
export function needsReview(model: ModelSummary): boolean {
  return model.preprocessingSource === 'assumed' || model.labelsSource === 'assumed';
}
