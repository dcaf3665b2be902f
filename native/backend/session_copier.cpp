#include "session_copier.h"

#include <algorithm>
#include <cstring>

#include "maskforge/spin.h"

namespace maskforge {

namespace {

/// Below this, handing work to a thread costs more than it saves.
constexpr std::size_t kSHARED_BYTES = std::size_t{768} << 10;
/// So much is worth another helper: each waits awake afterwards, and has a core for that time.
constexpr std::size_t kBYTES_EACH = std::size_t{384} << 10;

}  // namespace

/// While it lives, helpers take part; its end waits for those that do. Both sides write before they read the other's
/// word, so that either the helper sees that the job is over or the owner sees the helper.
class HostCopier::Job {
 public:
  explicit Job(HostCopier& copier) : copier_(copier) {
    copier_.offered_ = ++copier_.jobs_;
    copier_.wakeSleepers();
  }
  ~Job() {
    copier_.claim();
    copier_.offered_ = 0;
    spinUntil([this] { return copier_.working_ == 0; });
  }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

 private:
  HostCopier& copier_;
};

HostCopier::HostCopier(int helpers) : helpers_(helpers) {}

HostCopier::~HostCopier() {
  stopping_ = true;
  wakeSleepers();
  for (std::thread& thread : threads_) thread.join();
}

int HostCopier::wanted(const std::vector<HostCopy>& copies) const {
  std::size_t bytes = 0;
  for (const HostCopy& copy : copies) bytes += copy.bytes;
  if (copies.size() < 2 || bytes < kSHARED_BYTES) return 0;
  return static_cast<int>(std::min(static_cast<std::size_t>(helpers_), bytes / kBYTES_EACH));
}

void HostCopier::announce(const std::vector<HostCopy>& copies) {
  const int helpers = wanted(copies);
  if (helpers == 0) return;
  wanted_ = helpers;
  ++announcements_;
  wakeSleepers();
}

void HostCopier::copy(std::size_t index) const {
  if (*before_) (*before_)(index);
  const HostCopy& wanted = (*copies_)[index];
  std::memcpy(wanted.target, wanted.source, wanted.bytes);
}

void HostCopier::run(const std::vector<HostCopy>& copies, const std::function<void(std::size_t)>& before,
                     const std::function<void(std::size_t, std::size_t)>& ready) {
  copies_ = &copies;
  before_ = &before;
  const int helpers = wanted(copies);
  if (helpers == 0) {
    for (std::size_t i = 0; i < copies.size(); ++i) {
      copy(i);
      if (ready) ready(i, i + 1);
    }
    return;
  }
  wanted_ = helpers;
  start(copies.size());
  const Job job(*this);
  std::size_t told = 0;
  const auto tell = [&] {
    const std::size_t first = told;
    while (told < copies.size() && done_[told].load(std::memory_order_acquire)) ++told;
    if (ready && told > first) ready(first, told);
  };
  for (std::size_t i = next_.fetch_add(1); i < copies.size(); i = next_.fetch_add(1)) {
    copy(i);
    done_[i].store(true, std::memory_order_release);
    tell();
  }
  spinUntil([&] {
    tell();
    return told == copies.size();
  });
}

void HostCopier::start(std::size_t copies) {
  if (copies > capacity_) {
    done_ = std::make_unique<std::atomic<bool>[]>(copies);
    capacity_ = copies;
  }
  for (std::size_t i = 0; i < copies; ++i) done_[i].store(false, std::memory_order_relaxed);
  next_.store(0);
  while (static_cast<int>(threads_.size()) < helpers_) {
    threads_.emplace_back([this, index = static_cast<int>(threads_.size())] { help(index); });
  }
}

/// Copies whatever nobody has begun.
void HostCopier::claim() {
  for (std::size_t i = next_.fetch_add(1); i < copies_->size(); i = next_.fetch_add(1)) {
    copy(i);
    done_[i].store(true, std::memory_order_release);
  }
}

/// Whoever is about to sleep says so before it looks a last time for what would keep it awake.
void HostCopier::wakeSleepers() {
  if (sleeping_ == 0) return;
  { const std::lock_guard<std::mutex> lock(mutex_); }
  wake_.notify_all();
}

bool HostCopier::isOffered(int index, std::uint64_t seen) const {
  const std::uint64_t job = offered_;
  return job != 0 && job != seen && index < wanted_;
}

/// Frames that follow each other closely find the helpers awake.
bool HostCopier::spin(int index, std::uint64_t seen) const {
  return spinFor(kSPIN_TIME, [&] { return stopping_ || isOffered(index, seen); });
}

void HostCopier::help(int index) {
  std::uint64_t seen = 0, announced = 0;
  while (!stopping_) {
    if (!spin(index, seen)) {
      ++sleeping_;
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [&] {
        return stopping_ || (announcements_ != announced && index < wanted_) || isOffered(index, seen);
      });
      --sleeping_;
      announced = announcements_;
      continue;
    }
    ++working_;
    if (const std::uint64_t job = offered_; job != 0 && job != seen) {
      seen = job;
      claim();
    }
    --working_;
  }
}

int copyHelpers() {
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(cores / 2 - 1, 0, 5);
}

}  // namespace maskforge
