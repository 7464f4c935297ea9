// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "testing/run/board_stacks.hpp"

#include "blocks/table_memory.hpp"
#include "spies/symbols/loaded_module.hpp"
#include "testing/board/fnv1a.hpp"
#include "testing/process/executable_path.hpp"

#include <cstring>

namespace mallocspy::testing_detail {

namespace {

constexpr std::uint64_t mix(std::uint64_t sum, std::uint64_t value) noexcept {
  sum ^= value;
  sum *= 0x9E3779B97F4A7C15U;
  return sum ^ (sum >> 29);
}

std::uint64_t hash_of(const char* text) noexcept {
  return fnv1a(text, std::strlen(text));
}

} // namespace

void board_stacks::attach(board* b) noexcept {
  if (m_known == nullptr) {
    m_known = static_cast<std::atomic<std::uint64_t>*>(blocks::map_table(remembered * sizeof *m_known));
  } else {
    for (std::size_t i = 0; i < remembered; ++i) {
      m_known[i].store(0, std::memory_order_relaxed);
    }
  }
  executable_path(m_executable, sizeof m_executable);
  m_board = b;
}

std::uint32_t board_stacks::number_of(stack_id id) noexcept {
  if (id == 0 || m_board == nullptr) {
    return 0;
  }
  std::atomic<std::uint64_t>* known = m_known == nullptr ? nullptr : &m_known[(id * 0x9E3779B1U) >> 16];
  if (known != nullptr) {
    const std::uint64_t pair = known->load(std::memory_order_relaxed);
    if (pair >> 32 == id) {
      return static_cast<std::uint32_t>(pair);
    }
  }
  const std::uint32_t number = enter(id);
  if (known != nullptr) {
    known->store(std::uint64_t{id} << 32 | number, std::memory_order_relaxed);
  }
  return number;
}

std::uint32_t board_stacks::module_of(const char* path) noexcept {
  if (path == nullptr) {
    return 0;
  }
  for (;;) {
    const std::uint32_t count = m_board->modules.load(std::memory_order_acquire);
    for (std::uint32_t i = 1; i <= count; ++i) {
      module_record& m = m_board->module[i];
      while (m.complete.load(std::memory_order_acquire) == 0) { // a few instructions
      }
      if (std::strncmp(m.path, path, sizeof m.path - 1) == 0) {
        return i;
      }
    }
    if (count + 1 >= board::most_modules) {
      return 0;
    }
    std::uint32_t expected = count;
    if (m_board->modules.compare_exchange_strong(expected, count + 1, std::memory_order_acq_rel)) {
      module_record& m = m_board->module[count + 1];
      std::strncpy(m.path, path, sizeof m.path - 1);
      m.complete.store(1, std::memory_order_release);
      return count + 1;
    }
  }
}

std::uint32_t board_stacks::enter(stack_id id) noexcept {
  const stored_stack addresses(id);
  stack_record found{};
  std::uint64_t key = 1;
  for (const void* address : addresses) {
    if (found.frames == stack_record::most_frames || address == m_end) {
      break;
    }
    const auto value = reinterpret_cast<std::uintptr_t>(address);
    const spies::loaded_module m = spies::find_module(value - 1);
    const char* path = m.end == 0 ? nullptr : m.name[0] == '\0' ? m_executable : m.name;
    const std::uint64_t offset = path == nullptr ? value : value - m.bias;
    found.frame[found.frames++] = {module_of(path), offset};
    key = mix(mix(key, path == nullptr ? 0 : hash_of(path)), offset);
  }
  key = key == 0 ? 1 : key;

  constexpr std::uint32_t slots = 2 * board::most_stacks;
  for (std::uint32_t i = static_cast<std::uint32_t>(key % slots), tried = 0; tried < slots; i = (i + 1) % slots, ++tried) {
    std::uint32_t number = m_board->stack_index[i].load(std::memory_order_acquire);
    if (number == 0) {
      const std::uint32_t fresh = m_board->stacks.fetch_add(1, std::memory_order_relaxed) + 1;
      if (fresh >= board::most_stacks) {
        m_board->stacks.fetch_sub(1, std::memory_order_relaxed);
        return 0;
      }
      stack_record& record = m_board->stack[fresh];
      record.frames = found.frames;
      std::memcpy(record.frame, found.frame, sizeof found.frame);
      record.occurrences.store(0, std::memory_order_relaxed);
      record.key.store(key, std::memory_order_relaxed);
      if (m_board->stack_index[i].compare_exchange_strong(number, fresh, std::memory_order_acq_rel)) {
        return fresh;
      }
      // Another process was faster: its stack may be the same. The record is left unused.
    }
    if (m_board->stack[number].key.load(std::memory_order_relaxed) == key) {
      return number;
    }
  }
  return 0;
}

std::uint64_t key_of(const stack_record& stack, std::size_t depth) noexcept {
  std::uint64_t key = 1;
  for (std::uint32_t i = 0; i < stack.frames && i < depth; ++i) {
    key = mix(mix(key, stack.frame[i].module), stack.frame[i].offset);
  }
  return key;
}

} // namespace mallocspy::testing_detail
