#include "session_copier.h"

#include <algorithm>
#include <cstring>

namespace maskforge {

namespace {

/// Below this, waking a thread costs more than it saves.
constexpr std::size_t kSHARED_BYTES = std::size_t{768} << 10;

}  // namespace

/// While it lives, helpers take part; its end waits for those that do.
class HostCopier::Job {
 public:
  explicit Job(HostCopier& copier) : copier_(copier) {
    {
      const std::lock_guard<std::mutex> lock(copier_.mutex_);
      copier_.open_ = true;
      ++copier_.generation_;
    }
    copier_.wake_.notify_all();
  }
  ~Job() {
    copier_.claim();
    std::unique_lock<std::mutex> lock(copier_.mutex_);
    copier_.open_ = false;
    copier_.idle_.wait(lock, [this] { return copier_.working_ == 0; });
  }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

 private:
  HostCopier& copier_;
};

HostCopier::HostCopier(int helpers) : helpers_(helpers) {}

HostCopier::~HostCopier() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void HostCopier::copy(std::size_t index) const {
  if (*before_) (*before_)(index);
  const HostCopy& wanted = (*copies_)[index];
  std::memcpy(wanted.target, wanted.source, wanted.bytes);
}

void HostCopier::run(const std::vector<HostCopy>& copies, const std::function<void(std::size_t)>& before,
                     const std::function<void(std::size_t)>& ready) {
  copies_ = &copies;
  before_ = &before;
  std::size_t bytes = 0;
  for (const HostCopy& copy : copies) bytes += copy.bytes;
  if (helpers_ == 0 || copies.size() < 2 || bytes < kSHARED_BYTES) {
    for (std::size_t i = 0; i < copies.size(); ++i) {
      copy(i);
      if (ready) ready(i);
    }
    return;
  }
  start(copies.size());
  const Job job(*this);
  std::size_t told = 0;
  const auto tell = [&] {
    while (told < copies.size() && done_[told].load(std::memory_order_acquire)) {
      const std::size_t index = told++;
      if (ready) ready(index);
    }
  };
  for (std::size_t i = next_.fetch_add(1); i < copies.size(); i = next_.fetch_add(1)) {
    copy(i);
    done_[i].store(true, std::memory_order_release);
    tell();
  }
  for (int spins = 0; told < copies.size(); ++spins) {
    tell();
    if (spins > 1000) std::this_thread::yield();
  }
}

void HostCopier::start(std::size_t copies) {
  if (copies > capacity_) {
    done_ = std::make_unique<std::atomic<bool>[]>(copies);
    capacity_ = copies;
  }
  for (std::size_t i = 0; i < copies; ++i) done_[i].store(false, std::memory_order_relaxed);
  next_.store(0);
  while (static_cast<int>(threads_.size()) < helpers_) threads_.emplace_back([this] { help(); });
}

/// Copies whatever nobody has begun.
void HostCopier::claim() {
  for (std::size_t i = next_.fetch_add(1); i < copies_->size(); i = next_.fetch_add(1)) {
    copy(i);
    done_[i].store(true, std::memory_order_release);
  }
}

void HostCopier::help() {
  std::uint64_t seen = 0;
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || (open_ && generation_ != seen); });
    if (stopping_) return;
    seen = generation_;
    ++working_;
    lock.unlock();
    claim();
    lock.lock();
    if (--working_ == 0) idle_.notify_all();
  }
}

int copyHelpers() {
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(cores / 2 - 1, 0, 3);
}

}  // namespace maskforge
