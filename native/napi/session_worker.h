// A session and the one thread that works with it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "environment.h"
#include "maskforge/session.h"

namespace maskforge {

class SessionWorker : public std::enable_shared_from_this<SessionWorker> {
 public:
  struct Task {
    std::function<void(Session&)> run;
    /// Instead of `run`, once the session is closed.
    std::function<void()> refuse;
  };

  /// @throws std::system_error when the system gives no thread
  static std::shared_ptr<SessionWorker> start(std::unique_ptr<Session> session, WorkGroup& group);

  /// Any thread. Tasks run one after the other, in order.
  void push(Task task);
  /// Any thread, safe twice. The task under way ends, those that wait are refused, the session goes; then `closed` is
  /// called, at once if that has been already.
  void close(std::function<void()> closed);
  /// As the session told after its last task.
  std::uint64_t deviceBytes() const noexcept { return deviceBytes_; }

 private:
  explicit SessionWorker(std::unique_ptr<Session> session);
  void loop();
  /// @return false when it is time to end
  bool next(Task& task);
  void end();

  std::unique_ptr<Session> session_;
  std::atomic<std::uint64_t> deviceBytes_;
  /// Held by the worker only, so that the group forgets it together with the worker.
  std::shared_ptr<std::function<void()>> stopHook_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool closing_ = false, closed_ = false;
  /// Whether there is anything to take the lock for.
  std::atomic<bool> hasNews_{false};
  /// Of the worker's thread alone.
  bool hasWorked_ = false;
  std::vector<std::function<void()>> closedCallbacks_;
};

}  // namespace maskforge
