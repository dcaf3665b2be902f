// The kernels. Every call only enqueues on `stream` (capture-safe, nothing is allocated) and answers the launch's own
// error; addresses in tasks are device addresses.
#pragma once

#include <cuda_runtime_api.h>

#include "maskforge/tasks.h"

namespace maskforge {

/// Frames to input: one kernel, or two where the width changes and pixels are weighted. Reads every frame's row once.
cudaError_t launch(const PreprocessTask& task, cudaStream_t stream);
/// Logits to masks (and probabilities).
cudaError_t launch(const UpsampleTask& task, cudaStream_t stream);
/// Tiles of one picture must be added one after another on one stream: then sums are the same every time.
cudaError_t launch(const AccumulateTask& task, cudaStream_t stream);
cudaError_t launch(const PaintIdsTask& task, cudaStream_t stream);

}  // namespace maskforge
