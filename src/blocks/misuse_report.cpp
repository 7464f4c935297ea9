// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "blocks/misuse_report.hpp"

#include "blocks/block_map.hpp"
#include "blocks/line.hpp"

#include <atomic>
#include <cstdlib>
#include <mallocspy/blocks/misuse.hpp>

namespace mallocspy {

namespace {

enum class abort_switch : int { ask_environment, off, on };

std::atomic<abort_switch> aborts{abort_switch::ask_environment};
std::atomic<bool> terminating{false};

abort_switch from_environment() noexcept {
  const char* value = std::getenv("MALLOCSPY_ABORT_ON_MISUSE");
  const bool on = value != nullptr && value[0] != '\0' && !(value[0] == '0' && value[1] == '\0');
  return on ? abort_switch::on : abort_switch::off;
}

bool abort_in_force() noexcept {
  abort_switch present = aborts.load(std::memory_order_relaxed);
  if (present == abort_switch::ask_environment) {
    // Asked once. A thread that sets the switch meanwhile wins, and is what `present` becomes.
    const abort_switch asked = from_environment();
    if (aborts.compare_exchange_strong(present, asked, std::memory_order_relaxed)) {
      present = asked;
    }
  }
  return present == abort_switch::on || terminating.load(std::memory_order_relaxed);
}

misuse_action write_line(const misuse& m) {
  const bool abort = abort_in_force();
  blocks::line line;
  line.text(m.operation).text("(").address(m.pointer).text("): ");
  switch (m.kind) {
  case misuse_kind::freed_before:
    line.text("this block was freed before");
    break;
  case misuse_kind::interior:
    line.text("this is ").number(m.offset).text(" bytes inside the live block ").address(m.block);
    line.text(" of ").number(m.size).text(" bytes");
    break;
  case misuse_kind::not_a_block:
    line.text("not a live block of this allocator");
    break;
  case misuse_kind::mismatch:
    line.text("this block of ").number(m.size).text(" bytes was allocated with ").text(m.allocated_with);
    if (m.freed_size != m.size) {
      line.text(", and is freed as one of ").number(m.freed_size).text(" bytes");
    }
    line.text(abort ? "; aborting" : "; done all the same").write();
    return abort ? misuse_action::abort : misuse_action::go_on;
  }
  line.text(abort ? "; aborting" : "; nothing was changed").write();
  return abort ? misuse_action::abort : misuse_action::go_on;
}

std::atomic<misuse_handler> handler{&write_line};

misuse describe(const void* p, const char* operation) noexcept {
  const blocks::found_block around = blocks::find_around(reinterpret_cast<std::uintptr_t>(p));
  const std::size_t offset = reinterpret_cast<std::uintptr_t>(p) - around.start;
  // A live block that starts right here was made by another thread since the operation found none: it was freed before.
  if (around.start != 0 && offset != 0) {
    return {misuse_kind::interior, operation, p, reinterpret_cast<const void*>(around.start), offset, around.size};
  }
  const bool freed = around.start != 0 || blocks::remembers_freed(p);
  return {freed ? misuse_kind::freed_before : misuse_kind::not_a_block, operation, p, nullptr, 0, 0};
}

} // namespace

misuse_handler set_misuse_handler(misuse_handler next) noexcept {
  return handler.exchange(next == nullptr ? &write_line : next, std::memory_order_acq_rel);
}

misuse_handler get_misuse_handler() noexcept {
  return handler.load(std::memory_order_acquire);
}

bool set_abort_on_misuse(bool abort) noexcept {
  const bool before = abort_in_force();
  aborts.store(abort ? abort_switch::on : abort_switch::off, std::memory_order_relaxed);
  return before;
}

namespace blocks {

void terminate_on_misuse() noexcept {
  terminating.store(true, std::memory_order_relaxed);
}

bool terminates_on_misuse() noexcept {
  return terminating.load(std::memory_order_relaxed);
}

void report_misuse(const misuse& m) {
  if (get_misuse_handler()(m) == misuse_action::abort || terminates_on_misuse()) {
    std::abort();
  }
}

void report_misuse(const void* p, const char* operation) {
  report_misuse(describe(p, operation));
}

} // namespace blocks

} // namespace mallocspy
