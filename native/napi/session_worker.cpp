#include "session_worker.h"

#include <thread>
#include <utility>

#include "maskforge/spin.h"

namespace maskforge {

namespace {

/// On few cores a thread that waits awake keeps others from the work it waits for.
bool mayWaitAwake() {
  static const bool may = std::thread::hardware_concurrency() >= 4;
  return may;
}

}  // namespace

SessionWorker::SessionWorker(std::unique_ptr<Session> session)
    : session_(std::move(session)), deviceBytes_(session_->deviceBytes()) {}

std::shared_ptr<SessionWorker> SessionWorker::start(std::unique_ptr<Session> session, WorkGroup& group) {
  const std::shared_ptr<SessionWorker> worker(new SessionWorker(std::move(session)));
  worker->stopHook_ =
      std::make_shared<std::function<void()>>([weak = std::weak_ptr<SessionWorker>(worker)] {
        if (const std::shared_ptr<SessionWorker> alive = weak.lock()) alive->close({});
      });
  group.onStop(worker->stopHook_);
  group.start([worker] { worker->loop(); });
  return worker;
}

void SessionWorker::push(Task task) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!closing_) {
      tasks_.push_back(std::move(task));
      hasNews_ = true;
      changed_.notify_all();
      return;
    }
  }
  task.refuse();
}

void SessionWorker::close(std::function<void()> closed) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closing_ = true;
    hasNews_ = true;
    changed_.notify_all();
    if (!closed) return;
    if (!closed_) {
      closedCallbacks_.push_back(std::move(closed));
      return;
    }
  }
  closed();
}

bool SessionWorker::next(Task& task) {
  // Who sends picture after picture has the next one ready soon after the last one's answer.
  if (hasWorked_ && mayWaitAwake()) spinFor(kSPIN_TIME, [this] { return hasNews_.load(); });
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return closing_ || !tasks_.empty(); });
  if (closing_) return false;
  task = std::move(tasks_.front());
  tasks_.pop_front();
  hasNews_ = !tasks_.empty();
  hasWorked_ = true;
  return true;
}

void SessionWorker::loop() {
  for (Task task; next(task); task = {}) {
    task.run(*session_);
    deviceBytes_ = session_->deviceBytes();
  }
  end();
}

void SessionWorker::end() {
  std::deque<Task> left;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    left.swap(tasks_);
  }
  for (const Task& task : left) task.refuse();
  session_.reset();
  deviceBytes_ = 0;
  std::vector<std::function<void()>> callbacks;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    callbacks.swap(closedCallbacks_);
  }
  for (const auto& callback : callbacks) callback();
}

}  // namespace maskforge
