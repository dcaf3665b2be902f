#include "session_worker.h"

#include <utility>

namespace maskforge {

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
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return closing_ || !tasks_.empty(); });
  if (closing_) return false;
  task = std::move(tasks_.front());
  tasks_.pop_front();
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
