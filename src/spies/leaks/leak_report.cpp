// SPDX-License-Identifier: MIT
#include <mallocspy/spies/leak_report.hpp>

#include "spies/leaks/leak_tables.hpp"
#include "spies/memory/own_memory.hpp"
#include "spies/process/snapshot.hpp"
#include "spies/stacks/stack_text.hpp"

#include <initializer_list>
#include <utility>

namespace mallocspy {

namespace {

constexpr int deadline = 120; // seconds to look up names

} // namespace

const char* spies::words_for(block_state state) noexcept {
  switch (state) {
  case block_state::lost:
    return "lost";
  case block_state::held_by_lost:
    return "held by lost blocks only";
  case block_state::reachable:
    return "still reachable";
  case block_state::unknown:
    break;
  }
  return "alive, reachable or not";
}

namespace {

void write_amount(spies::text_writer& out, std::uint64_t blocks, std::uint64_t bytes) noexcept {
  out.number(blocks).text(blocks == 1 ? " block, " : " blocks, ").number(bytes).text(bytes == 1 ? " byte" : " bytes");
}

void write_group(spies::text_writer& out, const leak_group& group, spies::debug_information* names) noexcept {
  out.text("\n").text(spies::words_for(group.state)).text(": ");
  write_amount(out, group.blocks, group.bytes);
  out.text(group.blocks == 1 ? "; request " : "; the first is request ").number(group.first.number);
  out.text(" of ").number(group.first.size).text(" bytes on thread ").number(group.first.thread);
  out.text(" at ").hex(reinterpret_cast<std::uintptr_t>(group.first.address)).text("\n");
  spies::write_frames(out, stored_stack(group.stack), names);
}

// The groups are written by a snapshot that looks up names, as far as it gets.
struct printing {
  const leak_group* groups;
  std::size_t count;
  int descriptor;
  std::size_t* written; // shared with the snapshot
};

void write_groups(const printing& p, spies::debug_information* names) noexcept {
  for (std::size_t i = *p.written; i < p.count; ++i) {
    spies::text_writer out(p.descriptor);
    write_group(out, p.groups[i], names);
    out.flush();
    *p.written = i + 1;
  }
}

void write_groups_with_names(void* context) noexcept {
  spies::debug_information names;
  write_groups(*static_cast<printing*>(context), &names);
}

} // namespace

leak_report::leak_report(leak_report&& other) noexcept : m_contents(std::exchange(other.m_contents, nullptr)) {}

leak_report& leak_report::operator=(leak_report&& other) noexcept {
  std::swap(m_contents, other.m_contents);
  return *this;
}

leak_report::~leak_report() {
  spies::destroy_own(m_contents);
}

const leaked_block* leak_report::begin() const noexcept {
  return m_contents == nullptr ? nullptr : m_contents->blocks.begin();
}

const leaked_block* leak_report::end() const noexcept {
  return m_contents == nullptr ? nullptr : m_contents->blocks.end();
}

std::size_t leak_report::size() const noexcept {
  return m_contents == nullptr ? 0 : m_contents->blocks.size();
}

const leak_group* leak_report::groups() const noexcept {
  return m_contents == nullptr ? nullptr : m_contents->groups.begin();
}

std::size_t leak_report::group_count() const noexcept {
  return m_contents == nullptr ? 0 : m_contents->groups.size();
}

leak_total leak_report::total(block_state state) const noexcept {
  leak_total sum{};
  for (std::size_t i = 0; i < group_count(); ++i) {
    if (groups()[i].state == state) {
      sum.blocks += groups()[i].blocks;
      sum.bytes += groups()[i].bytes;
    }
  }
  return sum;
}

leak_total leak_report::expected() const noexcept {
  return m_contents == nullptr ? leak_total{} : m_contents->expected;
}

std::uint64_t leak_report::untracked() const noexcept {
  return m_contents == nullptr ? 0 : m_contents->untracked;
}

void leak_report::print(int descriptor, bool all) const {
  {
    spies::text_writer out(descriptor);
    out.text("mallocspy: leak report\n");
    for (const block_state s :
         {block_state::lost, block_state::held_by_lost, block_state::unknown, block_state::reachable}) {
      const leak_total t = total(s);
      if (t.blocks != 0 || s == block_state::lost) {
        write_amount(out.text("  ").text(spies::words_for(s)).text(": "), t.blocks, t.bytes);
        out.text("\n");
      }
    }
    if (expected().blocks != 0) {
      write_amount(out.text("  expected: "), expected().blocks, expected().bytes);
      out.text("\n");
    }
    if (untracked() != 0) {
      out.text("  not recorded for lack of memory: ").number(untracked()).text(" blocks\n");
    }
  }
  std::size_t count = 0; // reachable ones come last
  while (count < group_count() && (all || groups()[count].state != block_state::reachable)) {
    ++count;
  }
  if (count == 0) {
    return;
  }
  std::size_t written = 0;
  auto* shared = static_cast<std::size_t*>(spies::shared_memory(sizeof(std::size_t)));
  printing p{groups(), count, descriptor, shared == nullptr ? &written : shared};
  if (shared != nullptr) {
    spies::run_in_snapshot(write_groups_with_names, &p, deadline);
  }
  write_groups(p, nullptr); // what is left
  if (shared != nullptr) {
    spies::unmap_shared(shared, sizeof *shared);
  }
}

} // namespace mallocspy
