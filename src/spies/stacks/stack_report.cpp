// SPDX-License-Identifier: MIT
#include <mallocspy/spies/stack_report.hpp>

#include "spies/process/snapshot.hpp"
#include "spies/stacks/stack_text.hpp"

namespace mallocspy {

namespace {

constexpr int deadline = 60; // seconds to look up names

// Written by a snapshot that looks up names, as far as it gets.
struct printing {
  int descriptor;
  const titled_stack* stacks;
  std::size_t count;
  std::size_t* written; // shared with the snapshot
};

void write_stacks(const printing& p, spies::debug_information* names) noexcept {
  for (std::size_t i = *p.written; i < p.count; ++i) {
    spies::text_writer out(p.descriptor);
    if (p.stacks[i].title != nullptr) {
      out.text(p.stacks[i].title);
    }
    spies::write_frames(out, stored_stack(p.stacks[i].stack), names);
    out.flush();
    *p.written = i + 1;
  }
}

void write_with_names(void* context) noexcept {
  spies::debug_information names;
  write_stacks(*static_cast<printing*>(context), &names);
}

} // namespace

void print_stacks(int descriptor, const titled_stack* stacks, std::size_t count) noexcept {
  if (count == 0) {
    return;
  }
  std::size_t alone = 0;
  auto* shared = static_cast<std::size_t*>(spies::shared_memory(sizeof(std::size_t)));
  printing p{descriptor, stacks, count, shared == nullptr ? &alone : shared};
  if (shared != nullptr) {
    spies::run_in_snapshot(write_with_names, &p, deadline);
  }
  write_stacks(p, nullptr); // what is left
  if (shared != nullptr) {
    spies::unmap_shared(shared, sizeof *shared);
  }
}

} // namespace mallocspy
