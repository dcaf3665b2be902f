#include "work.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <utility>

namespace maskforge {
namespace {

/// Of a process that is about to exit: what is quick to stop ends in it.
constexpr std::chrono::milliseconds kLEAVE_PATIENCE{250};
/// Exit handlers take memory, and after some builds all of TensorRT's own are set.
constexpr int kMOST_EXIT_HANDLERS = 64;

struct Groups {
  std::mutex mutex;
  std::vector<std::weak_ptr<WorkGroup>> all;
  int exitHandlers = 0;
};

Groups& groups() {
  static Groups* const kept = new Groups;
  return *kept;
}

bool stopAllFor(std::chrono::milliseconds patience) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::shared_ptr<WorkGroup>> alive;
  {
    Groups& known = groups();
    const std::lock_guard<std::mutex> lock(known.mutex);
    for (const std::weak_ptr<WorkGroup>& group : known.all) {
      if (std::shared_ptr<WorkGroup> held = group.lock()) alive.push_back(std::move(held));
    }
  }
  bool ended = true;
  for (const std::shared_ptr<WorkGroup>& group : alive) {
    const auto gone = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    ended = group->stop(std::max(std::chrono::milliseconds(0), patience - gone)) && ended;
  }
  return ended;
}

void stopAll() { stopAllFor(std::chrono::seconds(5)); }

template <typename T>
void forgetDead(std::vector<std::weak_ptr<T>>& references) {
  references.erase(std::remove_if(references.begin(), references.end(),
                                  [](const std::weak_ptr<T>& reference) { return reference.expired(); }),
                   references.end());
}

}  // namespace

WorkGroup::WorkGroup() = default;

void WorkGroup::start(std::function<void()> work) {
  {
    Groups& known = groups();
    const std::lock_guard<std::mutex> lock(known.mutex);
    forgetDead(known.all);
    const auto self = weak_from_this();
    const bool registered = std::any_of(known.all.begin(), known.all.end(), [&](const std::weak_ptr<WorkGroup>& other) {
      return !other.owner_before(self) && !self.owner_before(other);
    });
    if (!registered) known.all.push_back(self);
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopped_) throw std::runtime_error("The environment is ending.");
    ++running_;
  }
  const auto end = [](WorkGroup& group) {
    const std::lock_guard<std::mutex> lock(group.mutex_);
    --group.running_;
    group.ended_.notify_all();
  };
  try {
    std::thread([self = shared_from_this(), work = std::move(work), end]() mutable {
      work();
      // What the closure holds goes before the thread counts as ended.
      work = nullptr;
      end(*self);
    }).detach();
  } catch (...) {
    end(*this);
    throw;
  }
}

CancelFlag WorkGroup::makeCancelFlag() {
  auto flag = std::make_shared<std::atomic<bool>>(false);
  const std::lock_guard<std::mutex> lock(mutex_);
  forgetDead(flags_);
  flags_.push_back(flag);
  return flag;
}

void WorkGroup::onStop(std::weak_ptr<std::function<void()>> hook) {
  const std::lock_guard<std::mutex> lock(mutex_);
  forgetDead(hooks_);
  hooks_.push_back(std::move(hook));
}

bool WorkGroup::stop(std::chrono::milliseconds patience) noexcept {
  try {
    std::vector<std::shared_ptr<std::function<void()>>> hooks;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopped_ = true;
      for (const auto& reference : flags_) {
        if (const CancelFlag flag = reference.lock()) *flag = true;
      }
      for (const auto& reference : hooks_) {
        if (auto hook = reference.lock()) hooks.push_back(std::move(hook));
      }
    }
    for (const auto& hook : hooks) (*hook)();
    hooks.clear();
    std::unique_lock<std::mutex> lock(mutex_);
    return ended_.wait_for(lock, patience, [this] { return running_ == 0; });
  } catch (...) {
    // Going anyway.
    return false;
  }
}

void stopWorkAtExit() {
  Groups& known = groups();
  const std::lock_guard<std::mutex> lock(known.mutex);
  if (known.exitHandlers >= kMOST_EXIT_HANDLERS) return;
  if (std::atexit(stopAll) == 0) ++known.exitHandlers;
}

void leaveProcess(int code) noexcept {
  bool ended = false;
  try {
    ended = stopAllFor(kLEAVE_PATIENCE);
  } catch (...) {
    // Without memory nothing can be said of it.
  }
  if (!ended) _exit(code);
}

}  // namespace maskforge
