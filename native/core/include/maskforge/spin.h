// Waiting without sleeping: a thread that sleeps takes a tenth of a millisecond and more to wake up, which is a fifth of
// what the smallest networks take.
#pragma once

#include <chrono>
#include <thread>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace maskforge {

/// How long a thread that has just worked waits for more before it sleeps. It is above what JavaScript takes from one
/// answer to the next request, and at 30 frames a second below a hundredth of a core.
constexpr std::chrono::microseconds kSPIN_TIME{300};

inline void pauseBriefly() noexcept {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

/// @return whether `done` came true in that time
template <typename Done>
bool spinFor(std::chrono::microseconds time, Done&& done) {
  constexpr int kPAUSES = 32;
  const auto start = std::chrono::steady_clock::now();
  do {
    for (int i = 0; i < kPAUSES; ++i) {
      if (done()) return true;
      pauseBriefly();
    }
  } while (std::chrono::steady_clock::now() - start < time);
  return done();
}

/// For what other threads are about to finish. They may want this core to do so.
template <typename Done>
void spinUntil(Done&& done) {
  while (!spinFor(kSPIN_TIME, done)) std::this_thread::yield();
}

}  // namespace maskforge
