// Threads at work, and how they are ended when an environment or the process goes.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace maskforge {

/// Asks work to stop; read by the thread that does it.
using CancelFlag = std::shared_ptr<std::atomic<bool>>;

/// The threads of one environment. Outlives it where one of them does not end in time.
class WorkGroup : public std::enable_shared_from_this<WorkGroup> {
 public:
  WorkGroup();

  /// @throws std::runtime_error when the system gives no thread, or after `stop`
  void start(std::function<void()> work);
  /// Set by `stop`; forgotten once nobody else holds it.
  CancelFlag makeCancelFlag();
  /// Called by `stop` before it waits.
  void onStop(std::weak_ptr<std::function<void()>> hook);

  /// Cancels what can be cancelled and waits for all threads, but not for ever. @return whether all have ended
  bool stop(std::chrono::milliseconds patience = std::chrono::seconds(5)) noexcept;

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  int running_ = 0;
  bool stopped_ = false;
  std::vector<std::weak_ptr<std::atomic<bool>>> flags_;
  std::vector<std::weak_ptr<std::function<void()>>> hooks_;
};

/// `process.exit` runs no clean-up of environments, but exit handlers, newest first: a handler set after a library of
/// NVIDIA was opened runs before that library's own, and ends the work that uses it.
void stopWorkAtExit();

/// For the event that announces a process's exit: ends all work. Where something goes on (a step of a build can take
/// seconds) the process ends here and now, without exit handlers: those of libraries that were opened in the middle of
/// that work run first, and take away what it stands on.
void leaveProcess(int code) noexcept;

}  // namespace maskforge
