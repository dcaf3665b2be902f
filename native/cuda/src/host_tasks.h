// Tasks run on the processor.
#pragma once

#include "maskforge/tasks.h"

namespace maskforge {

void hostRun(const PreprocessTask& task);
void hostRun(const UpsampleTask& task);
void hostRun(const AccumulateTask& task);
void hostRun(const PaintIdsTask& task);

}  // namespace maskforge
