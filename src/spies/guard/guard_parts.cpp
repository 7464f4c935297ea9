// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked; locks are held for a few instructions and never across a hook.
#include "spies/guard/guard_parts.hpp"

#include <algorithm>
#include <cstdlib>

namespace mallocspy {

using spies::block_state;
using spies::guarded_block;

guard::parts::parts(const guard_options& chosen) noexcept
    : options(chosen), red_zone(spies::rounded_up(std::clamp<SIZE_T>(chosen.red_zone, 16, 4096), 16)),
      zones(red_zone, chosen.most_fill), quarantine(chosen.quarantine_bytes, chosen.quarantine_blocks),
      pages(chosen.pages, chosen.most_pages) {}

spies::guard_layout guard::parts::plan(SIZE_T size, SIZE_T alignment) noexcept {
  const bool paged = options.pages && size <= PTRDIFF_MAX / 2 && pages.reserve();
  return {size, alignment, red_zone, paged ? pages.page_size() : 0, options.exact_end};
}

void guard::parts::begin(guarded_block& block) noexcept {
  if (block.paged && !pages.protect_end(block)) {
    block.paged = false;
    block.end += red_zone; // the page is there, and serves as a red zone
    pages.give_back();
  }
  zones.write(block);
  block.state = block_state::live;
  table.insert(block);
}

void guard::parts::retire(guarded_block& block, stack_id freed) noexcept {
  block.freed = freed;
  if (block.paged && !pages.protect_all(block)) {
    pages.open(block); // as if there were none
    block.paged = false;
    pages.give_back();
  }
  if (!block.paged && options.fill) {
    std::memset(block.client, spies::freed_byte, zones.filled_part(block.size));
    block.filled = true;
  }
  table.set_state(block, block_state::quarantined);
}

void guard::parts::take_out(guarded_block& block) noexcept {
  table.set_state(block, block_state::leaving);
  inspect(block, true, "quarantine");
  table.erase(block);
  if (block.paged) {
    pages.open(block);
  }
}

void guard::parts::put_back(guarded_block& block) noexcept {
  if (block.paged) {
    pages.protect_all(block);
  }
  block.state = block_state::quarantined;
  table.insert(block);
}

void* guard::parts::forget(guarded_block* block) noexcept {
  void* raw = block->raw;
  if (block->paged) {
    pages.give_back();
  }
  table.drop(block);
  return raw;
}

void guard::parts::inspect(guarded_block& block, bool freed, const char* found_at) {
  for (spies::damage d = zones.look(block, freed); d.found; d = zones.look(block, freed)) {
    spies::zones::mark_told(block, d.fault);
    tell(block, d.fault, d.offset, found_at);
  }
}

void guard::parts::tell(const guarded_block& block, guard_fault fault, std::ptrdiff_t offset, const char* found_at) {
  findings.fetch_add(1, std::memory_order_relaxed);
  const guard_finding finding{fault, found_at, block.client, block.size, offset, block.allocated, block.freed};
  const guard_handler handler = options.handler == nullptr ? report_guard_finding : options.handler;
  if (handler(finding) == misuse_action::abort) {
    std::abort();
  }
}

} // namespace mallocspy
