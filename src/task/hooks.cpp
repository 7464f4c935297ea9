// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates, takes no lock.
#include "task/hooks.hpp"

namespace mallocspy::task {

const char no_table = 0;

void forget_hooks() noexcept {
  blocks::told_by_spy = {nullptr, nullptr, 0};
}

known_hooks hooks_as_told(const IMallocSpy* spy) noexcept {
  known_hooks known;
  const blocks::told_hooks told = blocks::told_by_spy;
  if (told.spy != spy || told.passing == nullptr) {
    return known;
  }
  const void* table = blocks::method_table(spy);
  const auto passes = [&](blocks::hook_place at) {
    return blocks::share_method(table, told.passing, at) || (told.as_well >> at & 1U) != 0;
  };
  if (passes(blocks::of_post_alloc)) {
    (passes(blocks::of_pre_alloc) ? known.no_alloc_hook : known.pre_alloc_only) = table;
  }
  if (passes(blocks::of_post_free)) {
    (passes(blocks::of_pre_free) ? known.no_free_hook : known.pre_free_only) = table;
  }
  return known;
}

} // namespace mallocspy::task
