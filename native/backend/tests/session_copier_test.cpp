#include "session_copier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace maskforge {
namespace {

std::vector<HostCopy> pieces(std::vector<std::uint8_t>& target, const std::vector<std::uint8_t>& source,
                             std::size_t each) {
  std::vector<HostCopy> copies;
  for (std::size_t at = 0; at < source.size(); at += each) {
    copies.push_back({target.data() + at, source.data() + at, std::min(each, source.size() - at)});
  }
  return copies;
}

TEST(HostCopier, CopiesEverythingAndTellsInOrder) {
  for (const int helpers : {0, 1, 3, 8}) {
    HostCopier copier(helpers);
    for (int round = 0; round < 50; ++round) {
      const std::size_t bytes = static_cast<std::size_t>(round) * 77777 + 1;
      std::vector<std::uint8_t> source(bytes), target(bytes);
      for (std::size_t i = 0; i < bytes; ++i) source[i] = static_cast<std::uint8_t>(i * 7 + round);
      const auto copies = pieces(target, source, 100000);
      std::size_t next = 0;
      copier.run(copies, {}, [&](std::size_t first, std::size_t last) {
        EXPECT_EQ(first, next);
        EXPECT_GT(last, first);
        for (next = first; next < last; ++next) {
          const auto* from = static_cast<const std::uint8_t*>(copies[next].source);
          EXPECT_TRUE(
              std::equal(from, from + copies[next].bytes, static_cast<const std::uint8_t*>(copies[next].target)));
        }
      });
      EXPECT_EQ(next, copies.size());
      EXPECT_EQ(target, source);
    }
  }
}

TEST(HostCopier, IsUsableAfterACallbackThatThrew) {
  HostCopier copier(2);
  std::vector<std::uint8_t> source(4000000, 5), target(source.size());
  const auto copies = pieces(target, source, 500000);
  const auto fails = [&](std::size_t, std::size_t last) {
    if (last > 2) throw std::runtime_error("no");
  };
  EXPECT_THROW(copier.run(copies, {}, fails), std::runtime_error);
  EXPECT_EQ(target, source);
  std::fill(target.begin(), target.end(), 0);
  copier.run(copies, {}, {});
  EXPECT_EQ(target, source);
}

TEST(HostCopier, WaitsForEachSourceBeforeItCopies) {
  for (const int helpers : {0, 3}) {
    HostCopier copier(helpers);
    std::vector<std::uint8_t> source(2000000), target(source.size());
    const auto copies = pieces(target, source, 250000);
    const auto arrives = [&](std::size_t index) {
      const std::size_t at = index * 250000;
      std::fill_n(source.begin() + static_cast<std::ptrdiff_t>(at), 250000, static_cast<std::uint8_t>(index + 1));
    };
    copier.run(copies, arrives, {});
    for (std::size_t i = 0; i < copies.size(); ++i) EXPECT_EQ(target[i * 250000 + 249999], i + 1);
  }
}

/// Helpers that were woken for nothing, that slept meanwhile, and that are still at the last job's end.
TEST(HostCopier, CopiesWithHelpersInEveryState) {
  HostCopier copier(3);
  std::vector<std::uint8_t> source(1000000), target(source.size());
  const auto copies = pieces(target, source, 50000);
  copier.announce(copies);
  for (int round = 0; round < 60; ++round) {
    std::fill(source.begin(), source.end(), static_cast<std::uint8_t>(round));
    if (round % 3 == 0) copier.announce(copies);
    if (round % 20 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    copier.run(copies, {}, {});
    ASSERT_EQ(target, source) << round;
  }
}

/// Large and small jobs in turns: of the helpers some are wanted in each, in some, or in none.
TEST(HostCopier, CopiesWithAsManyHelpersAsAreWorthIt) {
  HostCopier copier(5);
  for (int round = 0; round < 80; ++round) {
    const std::size_t bytes = round % 4 == 0 ? 4000000 : round % 4 == 1 ? 900000 : round % 4 == 2 ? 100000 : 1500000;
    const std::vector<std::uint8_t> source(bytes, static_cast<std::uint8_t>(round + 1));
    std::vector<std::uint8_t> target(bytes);
    const auto copies = pieces(target, source, 90000);
    if (round % 3 == 0) copier.announce(copies);
    if (round % 16 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    copier.run(copies, {}, {});
    ASSERT_EQ(target, source) << round;
  }
}

TEST(HostCopier, TakesNothing) {
  HostCopier copier(1);
  copier.run({}, {}, {});
}

}  // namespace
}  // namespace maskforge
