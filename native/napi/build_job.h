// A build under way: its thread, its events on the way to JavaScript, and how it is cancelled.
#pragma once

#include <napi.h>

#include <memory>

#include "maskforge/backend.h"

namespace maskforge {

/// `library.build(request, onEvent, signal)`.
Napi::Value startBuild(const std::shared_ptr<Backend>& backend, const Napi::CallbackInfo& info);

}  // namespace maskforge
