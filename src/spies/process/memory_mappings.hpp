// SPDX-License-Identifier: MIT
// The mappings of the process, as Linux tells them in /proc/self/smaps; read without allocating.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

struct memory_mapping {
  std::uintptr_t begin;
  std::uintptr_t end;
  bool readable;
  bool writable;
  bool shared;         // with other processes, or with the file
  bool device;         // not memory: reading it may do something
  bool not_reserved;   // the system sets no memory aside for it
  bool not_dumped;     // left out of core files. Together with not_reserved: a table of this library
  std::size_t present; // bytes in memory or swapped out
};

// effects: calls visit(context, mapping) for each mapping, in order of addresses
// returns: whether the system told them
bool for_each_mapping(void (*visit)(void* context, const memory_mapping& mapping), void* context) noexcept;

} // namespace mallocspy::spies
