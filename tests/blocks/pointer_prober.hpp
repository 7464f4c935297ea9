// SPDX-License-Identifier: MIT
// Gives one pointer value to Free, Realloc, GetSize and DidAlloc, and compares what they answer, and what the misuse
// handler is told, with what the live blocks of the test say.
#pragma once

#include "blocks/live_blocks.hpp"
#include "blocks/misuse_recorder.hpp"

#include <cstring>
#include <sstream>
#include <string>

namespace mallocspy::tests {

template <class Door> class pointer_prober {
public:
  explicit pointer_prober(const live_blocks<Door>& live) : m_live(live) {}

  // Only the questions, which cost the same for every pointer. The start of a live block is allowed.
  void ask(std::uintptr_t address) {
    ++m_probed;
    const void* p = reinterpret_cast<const void*>(address);
    const bool lives = m_live.starts_at(address);
    expect(Door::owns(p) == lives, address, "owns");
    expect(Door::size(p) == (lives ? m_live.sizes().at(address) : Door::no_size), address, "size");
    expect(misuse_recorder::take() == 0, address, "a question is no misuse");
  }

  // All four. The start of a live block is only asked about.
  void probe(std::uintptr_t address) {
    ask(address);
    if (address == 0 || m_live.starts_at(address)) {
      return;
    }
    void* p = reinterpret_cast<void*>(address);
    Door::free(p);
    expect(told(address, "Free"), address, "Free");
    expect(Door::realloc(p, 53) == nullptr && told(address, "Realloc"), address, "Realloc");
    expect(Door::realloc(p, 0) == nullptr && told(address, "Realloc"), address, "Realloc to 0");
    ask(address);
  }

  // As probe, and the report must say that a block started here.
  void probe_freed(std::uintptr_t address) {
    probe(address);
    expect(misuse_recorder::last().kind == misuse_kind::freed_before, address, "freed before");
  }

  // returns: what was wrong first; empty if nothing was
  const std::string& first_wrong() const {
    return m_first_wrong;
  }
  std::size_t probed() const {
    return m_probed;
  }

private:
  // returns: whether the handler was called exactly once, with the truth
  bool told(std::uintptr_t address, const char* operation) const {
    if (misuse_recorder::take() != 1) {
      return false;
    }
    const misuse& m = misuse_recorder::last();
    const misuse wanted = m_live.expected(address);
    const bool kind_fits =
        m.kind == wanted.kind || (wanted.kind == misuse_kind::not_a_block && m.kind == misuse_kind::freed_before);
    return kind_fits && std::strcmp(m.operation, operation) == 0 && m.pointer == wanted.pointer &&
           m.block == wanted.block && m.offset == wanted.offset && m.size == wanted.size;
  }

  void expect(bool right, std::uintptr_t address, const char* what) {
    if (right || !m_first_wrong.empty()) {
      return;
    }
    const misuse& m = misuse_recorder::last();
    const misuse wanted = m_live.expected(address);
    std::ostringstream text;
    text << what << " of 0x" << std::hex << address << ": owned " << Door::owns(reinterpret_cast<void*>(address))
         << "; expected kind " << static_cast<int>(wanted.kind) << " block " << wanted.block << std::dec << " offset "
         << wanted.offset << " size " << wanted.size << "; last told: " << (m.operation ? m.operation : "nothing")
         << " kind " << static_cast<int>(m.kind) << " block " << m.block << " offset " << m.offset << " size " << m.size;
    m_first_wrong = text.str();
  }

  const live_blocks<Door>& m_live;
  misuse_recorder m_recorder;
  std::size_t m_probed = 0;
  std::string m_first_wrong;
};

} // namespace mallocspy::tests
