// Copies between ordinary and pinned host memory. One core moves some 10 GB/s, a PCIe 5 link 50: so a few helping
// threads copy, and what is ready goes to the device meanwhile.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace maskforge {

struct HostCopy {
  void* target = nullptr;
  const void* source = nullptr;
  std::size_t bytes = 0;
};

class HostCopier {
 public:
  /// @param helpers threads beside the caller's; they start with the first copy that is large enough for them
  explicit HostCopier(int helpers);
  ~HostCopier();
  HostCopier(const HostCopier&) = delete;
  HostCopier& operator=(const HostCopier&) = delete;

  /// These copies will follow within a fraction of a millisecond: helpers that sleep are woken and wait for them in a
  /// loop. Waking takes a tenth of a millisecond, in which one core alone would have copied a megabyte.
  void announce(const std::vector<HostCopy>& copies);

  /// Returns when all is copied.
  /// @param before called ahead of each copy on the thread that makes it, to wait for its source; may be empty, never
  ///   throws
  /// @param ready called on the caller's thread for copies that are made, from the first up to but not the second, in
  ///   order: for as many together as there are by then. May be empty, and may throw (then the rest is copied still, but
  ///   not told of)
  void run(const std::vector<HostCopy>& copies, const std::function<void(std::size_t)>& before,
           const std::function<void(std::size_t, std::size_t)>& ready);

 private:
  class Job;
  /// How many helpers are worth it.
  int wanted(const std::vector<HostCopy>& copies) const;
  void copy(std::size_t index) const;
  void claim();
  void start(std::size_t copies);
  void wakeSleepers();
  void help(int index);
  bool isOffered(int index, std::uint64_t seen) const;
  bool spin(int index, std::uint64_t seen) const;

  const int helpers_;
  std::vector<std::thread> threads_;

  /// Helpers sleep under this lock; whoever is awake needs none.
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<int> sleeping_{0};
  std::atomic<std::uint64_t> announcements_{0};
  /// Helpers of a lower number take part in what was announced or offered last.
  std::atomic<int> wanted_{0};
  std::atomic<bool> stopping_{false};

  /// The job that helpers may take part in, 0 for none.
  std::atomic<std::uint64_t> offered_{0};
  std::atomic<int> working_{0};
  std::uint64_t jobs_ = 0;

  const std::vector<HostCopy>* copies_ = nullptr;
  const std::function<void(std::size_t)>* before_ = nullptr;
  std::atomic<std::size_t> next_{0};
  std::unique_ptr<std::atomic<bool>[]> done_;
  std::size_t capacity_ = 0;
};

/// A sensible number of helpers for this machine.
int copyHelpers();

}  // namespace maskforge
