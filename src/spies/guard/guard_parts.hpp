// SPDX-License-Identifier: MIT
// What a guard is made of, and the steps that its hooks consist of.
// Runs inside hooks: never allocates from what is hooked; locks are held for a few instructions and never across a hook.
#pragma once

#include "spies/guard/guard_layout.hpp"
#include "spies/guard/guard_pages.hpp"
#include "spies/guard/guard_quarantine.hpp"
#include "spies/guard/guard_table.hpp"
#include "spies/guard/guard_zones.hpp"

namespace mallocspy {

// The default handler.
MALLOCSPY_API misuse_action report_guard_finding(const guard_finding& finding) noexcept;

struct guard::parts {
  explicit parts(const guard_options& chosen) noexcept;

  // returns: the stack of the hook's caller; 0 without stacks
  stack_id stack_here() const noexcept {
    return options.stack_depth == 0 ? 0 : capture_stack_id(options.stack_depth);
  }

  // returns: how a block of that size will lie; with pages if there are some left, which are set aside then
  spies::guard_layout plan(SIZE_T size, SIZE_T alignment) noexcept;
  // effects: gives back what plan() set aside
  void give_up(const spies::guard_layout& planned) noexcept {
    if (planned.paged()) {
      pages.give_back();
    }
  }

  // effects: red zones, the page behind, and into the table: the block lives, with its contents
  void begin(spies::guarded_block& block) noexcept;

  // effects: a block that the caller has claimed is freed: filled or made inaccessible. It enters the quarantine, where
  //   room was granted for it, once the host has taken its client pointer for freed: not before PostFree. Another thread
  //   could otherwise take it out and be given the same client pointer, and the host would then forget the wrong block
  void retire(spies::guarded_block& block, stack_id freed) noexcept;

  // effects: what PreFree does with a client pointer
  // returns: what the host is to free; retired: the block that is to enter the quarantine, if one is
  void* free(void* client, spies::guarded_block*& retired) noexcept;

  // effects: takes a block that left quarantine out of the table, checked and accessible
  void take_out(spies::guarded_block& block) noexcept;
  // effects: undoes take_out
  void put_back(spies::guarded_block& block) noexcept;
  // effects: forgets a block that is in no table any more. returns: its raw block
  void* forget(spies::guarded_block* block) noexcept;

  // effects: tells what is wrong with a block that the caller has claimed
  void inspect(spies::guarded_block& block, bool freed, const char* found_at);
  void tell(const spies::guarded_block& block, guard_fault fault, std::ptrdiff_t offset, const char* found_at);

  const guard_options options;
  const SIZE_T red_zone;
  const spies::zones zones;
  spies::guard_table table;
  spies::guard_quarantine quarantine;
  spies::guard_pages pages;
  std::atomic<std::size_t> findings{0};
};

// For the layer testing.
struct spies::guard_access {
  // effects: check_all() for the blocks whose pages have changed, in a copy of a process that has one thread
  //   Of one block it tells the first damage
  static MALLOCSPY_API void check_changed(guard& g);
};

// Says which block it was when the program touches an inaccessible page.
namespace guard_faults {
using find_block = bool (*)(const void* context, const void* address, guard_finding& found);
// effects: from now on, and until watch_no_more, such signals are looked at; the handler that was there comes next
void watch(const void* context, find_block find) noexcept;
void watch_no_more(const void* context) noexcept;
} // namespace guard_faults

} // namespace mallocspy
