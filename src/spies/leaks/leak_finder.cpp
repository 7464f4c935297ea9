// SPDX-License-Identifier: MIT
// From the live blocks of a tracker to a report: what is found out in a snapshot, and how it is grouped.
#include "blocks/line.hpp"
#include "spies/leaks/calling_thread.hpp"
#include "spies/leaks/leak_tables.hpp"
#include "spies/memory/own_memory.hpp"
#include "spies/process/snapshot.hpp"
#include "spies/stacks/stack_text.hpp"
#include "spies/symbols/debug_information.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace mallocspy {

namespace spies {

namespace {

constexpr int deadline = 600; // seconds; a scan takes one for some GiB

// What the snapshot leaves for the process: the blocks lie behind it.
struct answer {
  bool holders_known;
  std::size_t room;
  std::size_t count;
  scanned_block blocks[1];
};

struct task {
  const live_blocks& live;
  std::uint64_t from;
  const calling_thread& caller;
  answer& out;
  std::size_t out_size;
};

// All blocks, those before `from` too: they hold others. Sorted by address.
void collect(const live_blocks& live, answer& out) noexcept {
  block_facts facts;
  for (std::uint32_t i = 1; i < live.bound() && out.count < out.room; ++i) {
    if (live.read(i, facts)) {
      out.blocks[out.count++] = {facts.address, facts.size, facts.number, facts.stack, facts.thread, reach::nothing};
    }
  }
  std::sort(out.blocks, out.blocks + out.count,
            [](const scanned_block& a, const scanned_block& b) { return a.begin < b.begin; });
}

void look(void* context) noexcept {
  task& t = *static_cast<task*>(context);
  collect(t.live, t.out);
  const auto begin = reinterpret_cast<std::uintptr_t>(&t.out);
  t.out.holders_known = find_reachable(t.out.blocks, t.out.count, t.caller, {begin, begin + t.out_size});
}

} // namespace

bool find_leaks(const live_blocks& live, std::uint64_t from, const calling_thread& caller,
                own_array<scanned_block>& found) {
  const std::size_t room = live.bound();
  const std::size_t size = sizeof(answer) + room * sizeof(scanned_block);
  auto* out = static_cast<answer*>(shared_memory(size));
  if (out == nullptr) {
    blocks::line().text("leak_tracker: no memory for a report").write();
    return false;
  }
  out->room = room;
  task t{live, from, caller, *out, size};
  const snapshot_end end = run_in_snapshot(look, &t, deadline);
  const bool known = end == snapshot_end::finished && out->holders_known;
  if (!known) {
    blocks::line()
        .text("leak_tracker: it cannot be found out which blocks are still reachable: ")
        .text(end == snapshot_end::not_made    ? "the system makes no copy of the process"
              : end == snapshot_end::timed_out ? "the search took too long"
              : end == snapshot_end::failed    ? "the search failed"
                                               : "the system does not tell what memory there is")
        .write();
  }
  if (end != snapshot_end::finished) { // at least what there is
    out->count = 0;
    collect(live, *out);
  }
  if (found.reserve(out->count + 1)) {
    for (std::size_t i = 0; i < out->count; ++i) {
      if (out->blocks[i].number >= from) {
        found.push(out->blocks[i]);
      }
    }
  }
  unmap_shared(out, size);
  return known;
}

} // namespace spies

namespace {

block_state state_of(const spies::scanned_block& block, bool known) noexcept {
  if (!known) {
    return block_state::unknown;
  }
  return block.held == spies::reach::from_a_root ? block_state::reachable
         : block.held == spies::reach::by_lost   ? block_state::held_by_lost
                                                 : block_state::lost;
}

// The order of states in a report.
int rank(block_state state) noexcept {
  switch (state) {
  case block_state::lost:
    return 0;
  case block_state::held_by_lost:
    return 1;
  case block_state::unknown:
    return 2;
  case block_state::reachable:
    break;
  }
  return 3;
}

bool contains_any(const char* text, const std::atomic<const char*>* parts, std::size_t count) noexcept {
  for (std::size_t i = 0; text != nullptr && i < count; ++i) {
    const char* part = parts[i].load(std::memory_order_acquire);
    if (part != nullptr && std::strstr(text, part) != nullptr) {
      return true;
    }
  }
  return false;
}

// Stacks that were judged, sorted in by number: many blocks have one stack.
struct judged_stack {
  stack_id stack;
  bool expected;
};

struct judgement {
  const std::atomic<const char*>* parts;
  std::size_t part_count;
  std::size_t stack_count;
  judged_stack stacks[1];
};

bool is_expected_under(const judgement& j, stack_id id) noexcept {
  for (const void* address : stored_stack(id)) {
    const code_location location = locate_code(address);
    if (contains_any(location.module, j.parts, j.part_count) || contains_any(location.function, j.parts, j.part_count)) {
      return true;
    }
    char* readable = location.function == nullptr ? nullptr : spies::demangled(location.function);
    const bool expected = contains_any(readable, j.parts, j.part_count);
    std::free(readable);
    if (expected) {
      return true;
    }
  }
  return false;
}

// In a snapshot: demangling allocates.
void judge(void* context) noexcept {
  auto& j = *static_cast<judgement*>(context);
  for (std::size_t i = 0; i < j.stack_count; ++i) {
    j.stacks[i].expected = is_expected_under(j, j.stacks[i].stack);
  }
}

// effects: marks the blocks under an expected caller
void mark_expected(spies::own_array<spies::scanned_block>& found, const std::atomic<const char*>* parts,
                   std::size_t count) {
  const std::size_t size = sizeof(judgement) + found.size() * sizeof(judged_stack);
  auto* j = count == 0 ? nullptr : static_cast<judgement*>(spies::shared_memory(size));
  if (j == nullptr) {
    return;
  }
  j->parts = parts;
  j->part_count = count;
  for (const auto& block : found) {
    j->stacks[j->stack_count++] = {block.stack, false};
  }
  const auto by_number = [](const judged_stack& a, const judged_stack& b) { return a.stack < b.stack; };
  std::sort(j->stacks, j->stacks + j->stack_count, by_number);
  j->stack_count = static_cast<std::size_t>(
      std::unique(j->stacks, j->stacks + j->stack_count,
                  [](const judged_stack& a, const judged_stack& b) { return a.stack == b.stack; }) -
      j->stacks);
  spies::run_in_snapshot(judge, j, 60);
  for (auto& block : found) {
    const judged_stack* s =
        std::lower_bound(j->stacks, j->stacks + j->stack_count, judged_stack{block.stack, false}, by_number);
    block.thread |= s->expected ? spies::expected_mark : 0;
  }
  spies::unmap_shared(j, size);
}

void group(spies::own_array<leaked_block>& blocks, spies::own_array<leak_group>& groups) noexcept {
  std::sort(blocks.begin(), blocks.end(), [](const leaked_block& a, const leaked_block& b) {
    return a.state != b.state ? a.state < b.state : a.stack != b.stack ? a.stack < b.stack : a.number < b.number;
  });
  for (const leaked_block& block : blocks) {
    leak_group* last = groups.empty() ? nullptr : &groups[groups.size() - 1];
    if (last == nullptr || last->stack != block.stack || last->state != block.state) {
      if (!groups.push({block.stack, block.state, 0, 0, block})) {
        break;
      }
      last = &groups[groups.size() - 1];
    }
    ++last->blocks;
    last->bytes += block.size;
  }
  std::sort(groups.begin(), groups.end(), [](const leak_group& a, const leak_group& b) {
    return a.state != b.state   ? rank(a.state) < rank(b.state)
           : a.bytes != b.bytes ? a.bytes > b.bytes
                                : a.first.number < b.first.number;
  });
  std::sort(blocks.begin(), blocks.end(), [](const leaked_block& a, const leaked_block& b) { return a.number < b.number; });
}

} // namespace

const spies::live_blocks& spies::leak_access::blocks_of(const leak_tracker& tracker) noexcept {
  return tracker.m_tables->live;
}

bool spies::find_leaks_in_place(const leak_tracker& tracker, std::uint64_t from, hidden_range hidden,
                                const calling_thread& caller, own_array<scanned_block>& found) {
  const live_blocks& live = leak_access::blocks_of(tracker);
  if (!found.reserve(live.bound())) {
    return false;
  }
  block_facts facts{};
  for (std::uint32_t i = 1; i < live.bound(); ++i) {
    if (live.read(i, facts)) {
      found.push({facts.address, facts.size, facts.number, facts.stack, facts.thread, reach::nothing});
    }
  }
  std::sort(found.begin(), found.end(), [](const scanned_block& a, const scanned_block& b) { return a.begin < b.begin; });
  if (!find_reachable(found.begin(), found.size(), caller, hidden)) {
    return false;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].number >= from && (found[i].thread & expected_mark) == 0) {
      found[kept++] = found[i];
    }
  }
  while (found.size() > kept) {
    found.pop();
  }
  return true;
}

leak_report leak_tracker::report(std::uint64_t from) const {
  spies::calling_thread caller{};
  spies::store_registers(caller, __builtin_frame_address(0));
  spies::own_array<spies::scanned_block> found;
  const bool known = spies::find_leaks(m_tables->live, from, caller, found);
  mark_expected(found, m_tables->parts, std::min(m_tables->parts_taken.load(), tables::most_parts));

  leak_report report;
  report.m_contents = spies::make_own<leak_report::contents>();
  leak_report::contents& c = *report.m_contents;
  c.untracked = untracked();
  c.blocks.reserve(found.size() + 1);
  for (const spies::scanned_block& block : found) {
    if ((block.thread & spies::expected_mark) != 0) {
      ++c.expected.blocks;
      c.expected.bytes += block.size;
      continue;
    }
    c.blocks.push({reinterpret_cast<const void*>(block.begin), block.size, block.number, block.thread, block.stack,
                   state_of(block, known)});
  }
  group(c.blocks, c.groups);
  return report;
}

} // namespace mallocspy
