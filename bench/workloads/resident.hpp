// SPDX-License-Identifier: MIT
// How much memory a million mixed live blocks keep, and how much a process has had at its peak.
#pragma once

#include "workloads/filled.hpp"
#include "workloads/mixed_sizes.hpp"

#include <cstdint>
#include <fstream>
#include <string>
#include <sys/mman.h>

namespace mallocspy::bench {

// returns: a line of a file in /proc/self that starts with `key`, in bytes; 0 if there is none
inline std::uint64_t proc_bytes(const char* file, const std::string& key) {
  std::ifstream lines(std::string("/proc/self/") + file);
  for (std::string word; lines >> word;) {
    if (word == key) {
      std::uint64_t kib = 0;
      lines >> kib;
      return kib * 1024;
    }
  }
  return 0;
}

// Summed over the mappings, and exact; the counters of other files are not.
inline std::uint64_t resident_bytes() {
  return proc_bytes("smaps_rollup", "Rss:");
}
inline std::uint64_t peak_resident_bytes() {
  return proc_bytes("status", "VmHWM:");
}

inline constexpr std::size_t resident_blocks = 1000000;

// returns: the resident set with the blocks alive minus that before the first of them
template <class Subject> std::uint64_t resident_growth() {
  const std::size_t bytes = resident_blocks * sizeof(void*);
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    present(nullptr);
  }
  std::memset(memory, 1, bytes);
  auto* blocks = static_cast<void**>(memory);
  mixed_sizes sizes;
  resident_bytes(); // what reading it needs is there from now on
  const std::uint64_t before = resident_bytes();
  for (std::size_t i = 0; i < resident_blocks; ++i) {
    const std::size_t size = sizes.next();
    blocks[i] = filled(Subject::alloc(size), size);
  }
  const std::uint64_t after = resident_bytes();
  for (std::size_t i = 0; i < resident_blocks; ++i) {
    Subject::free(blocks[i]);
  }
  munmap(memory, bytes);
  return after > before ? after - before : 0;
}

} // namespace mallocspy::bench
