// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates, takes no lock.
#include "task/hooks.hpp"

namespace mallocspy::task {

namespace {

// The places of the hooks in the method table of IMallocSpy.
enum place : std::size_t { of_pre_alloc = 3, of_post_alloc, of_pre_free, of_post_free };

} // namespace

void forget_hooks() noexcept {
  blocks::told_by_spy = {nullptr, nullptr};
}

known_hooks hooks_as_told(const IMallocSpy* spy) noexcept {
  known_hooks known;
  const blocks::told_hooks told = blocks::told_by_spy;
  if (told.spy != spy || told.passing == nullptr) {
    return known;
  }
  const void* table = blocks::method_table(spy);
  const auto passes = [&](std::size_t at) { return blocks::share_method(table, told.passing, at); };
  (passes(of_pre_alloc) ? known.without_pre_alloc : known.with_pre_alloc) = table;
  (passes(of_pre_free) ? known.without_pre_free : known.with_pre_free) = table;
  known.without_post = passes(of_post_alloc) && passes(of_post_free);
  return known;
}

} // namespace mallocspy::task
