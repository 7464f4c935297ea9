// SPDX-License-Identifier: MIT
// A misuse handler for a scope: counts every call, keeps the last one of each thread, and lets the program go on.
#pragma once

#include <atomic>
#include <cstddef>
#include <mallocspy/blocks/misuse.hpp>

namespace mallocspy::tests {

class misuse_recorder {
public:
  misuse_recorder() noexcept : m_before(set_misuse_handler(&record)) {
    total.store(0);
    for (std::atomic<std::size_t>& kind : kinds) {
      kind.store(0);
    }
    mine = 0;
  }
  misuse_recorder(const misuse_recorder&) = delete;
  misuse_recorder& operator=(const misuse_recorder&) = delete;
  ~misuse_recorder() {
    set_misuse_handler(m_before);
  }

  // returns: calls on all threads since the recorder was made
  static std::size_t count() noexcept {
    return total.load();
  }

  // returns: those of them that told this kind
  static std::size_t count(misuse_kind kind) noexcept {
    return kinds[static_cast<std::size_t>(kind)].load();
  }

  // returns: calls on this thread since the last take(); `last` is the latest of them
  static std::size_t take() noexcept {
    const std::size_t taken = mine;
    mine = 0;
    return taken;
  }
  static const misuse& last() noexcept {
    return latest;
  }

private:
  static misuse_action record(const misuse& m) {
    latest = m;
    ++mine;
    kinds[static_cast<std::size_t>(m.kind)].fetch_add(1);
    total.fetch_add(1);
    return misuse_action::go_on;
  }

  inline static std::atomic<std::size_t> total{0};
  inline static std::atomic<std::size_t> kinds[4] = {};
  inline static thread_local std::size_t mine = 0;
  inline static thread_local misuse latest{};
  misuse_handler m_before;
};

} // namespace mallocspy::tests
