// SPDX-License-Identifier: MIT
// What is swept in the benches: some computing, an allocation, some computing ... with as much memory as is asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <sys/mman.h>

namespace mallocspy::bench {

inline std::int64_t thread_nanoseconds() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * std::int64_t{1000000000} + t.tv_nsec;
}

// Steps of computing in a nanosecond's time, found out once. A fixed amount of work, not of time: a machine that is busy
// makes all of it slower alike.
inline std::uint64_t compute(std::uint64_t steps) noexcept {
  volatile std::uint64_t sum = 1;
  for (std::uint64_t i = 0; i < steps; ++i) {
    sum = sum * 6364136223846793005U + 1442695040888963407U;
  }
  return sum;
}

inline std::uint64_t steps_per_millisecond() noexcept {
  constexpr std::uint64_t trial = 2000000;
  std::int64_t best = INT64_MAX;
  for (int i = 0; i < 5; ++i) {
    const std::int64_t began = thread_nanoseconds();
    compute(trial);
    const std::int64_t took = thread_nanoseconds() - began;
    best = took < best ? took : best;
  }
  return trial * 1000000 / static_cast<std::uint64_t>(best);
}

// effects: takes memory from the system and writes to all of its pages
inline void become_resident(std::size_t bytes) noexcept {
  if (bytes != 0) {
    void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) {
      std::memset(memory, 1, bytes);
    }
  }
}

// returns: allocations of a run that takes so long: 300, as a small real sweep has; fewer where a rerun for each takes
//   minutes
inline constexpr unsigned points_of(int milliseconds) noexcept {
  return milliseconds <= 20 ? 300 : 100;
}

// returns: whether all allocations succeeded. stops: at the first that does not
template <class Allocate, class Free>
bool work(std::uint64_t steps, unsigned points, bool stops, Allocate allocate, Free release) noexcept {
  bool good = true;
  for (unsigned i = 0; i < points; ++i) {
    compute(steps / points);
    void* block = allocate(33 + i);
    good = good && block != nullptr;
    release(block);
    if (block == nullptr && stops) {
      return false;
    }
  }
  return good;
}

} // namespace mallocspy::bench
