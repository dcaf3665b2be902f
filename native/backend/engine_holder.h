// An engine that TensorRT has opened, shared by its sessions: it stays open until the last of them is gone.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "maskforge/backend.h"
#include "trt.h"

namespace maskforge {

class EngineHolder {
 public:
  EngineHolder(std::string path, int device, std::unique_ptr<nvinfer1::IRuntime> runtime,
               std::unique_ptr<nvinfer1::ICudaEngine> engine, EngineInfo info, std::shared_ptr<LogSink> log);
  ~EngineHolder();
  EngineHolder(const EngineHolder&) = delete;
  EngineHolder& operator=(const EngineHolder&) = delete;

  /// Call createExecutionContext only with `mutex` held.
  nvinfer1::ICudaEngine& engine() noexcept { return *engine_; }
  std::mutex& mutex() noexcept { return mutex_; }
  const EngineInfo& info() const noexcept { return info_; }
  /// For messages.
  const std::string& path() const noexcept { return path_; }
  /// CUDA's index. Every thread that works with the engine calls cudaSetDevice first.
  int device() const noexcept { return device_; }
  /// Begin each call into TensorRT with `LogScope scope(holder.log())`, so that `log().errors()` explains a failure.
  LogSink& log() noexcept { return *log_; }

 private:
  std::string path_;
  int device_;
  std::mutex mutex_;
  std::shared_ptr<LogSink> log_;
  // The order matters: the engine goes before the runtime that made it.
  std::unique_ptr<nvinfer1::IRuntime> runtime_;
  std::unique_ptr<nvinfer1::ICudaEngine> engine_;
  EngineInfo info_;
};

/// Implemented in session.cpp.
/// @throws Error
std::unique_ptr<Session> createTrtSession(std::shared_ptr<EngineHolder> engine, const SessionOptions& options);

}  // namespace maskforge
