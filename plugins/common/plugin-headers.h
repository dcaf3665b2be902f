// TensorRT's headers, without the warnings that they give under ours.
#pragma once

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <NvInferRuntime.h>
#pragma GCC diagnostic pop
