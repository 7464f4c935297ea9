// SPDX-License-Identifier: MIT
// Random operations on a subject under H16, each compared with an ordered map of what must be alive.
#pragma once

#include "conformance/random_spy.hpp"
#include "conformance/subject.hpp"
#include "support/ref.hpp"

#include <map>
#include <random>
#include <string>
#include <vector>

namespace conformance {

class random_walk {
public:
  random_walk(subject& s, std::uint32_t seed);

  // effects: one random operation
  // returns: what was wrong; empty if nothing was
  std::string step();

  // effects: frees everything, revokes the spy, now or by itself when the last spied block goes
  // returns: as step
  std::string drain();

  // effects: a few unspied blocks, then a fresh registration
  std::string begin();

  std::size_t spied_blocks() const noexcept {
    return m_spied_list.size();
  }

private:
  struct block {
    SIZE_T size;
    std::size_t key;   // of its contents
    std::size_t place; // in the list of its kind
  };
  using blocks = std::map<std::uintptr_t, block>; // by client pointer
  using fate = random_spy::fate;

  std::size_t below(std::size_t bound) {
    return m_random() % bound;
  }
  SIZE_T any_size();
  fate any_fate();
  std::uintptr_t any_spied();
  std::uintptr_t any_pointer();

  void insert(blocks& kind, std::vector<std::uintptr_t>& list, void* p, SIZE_T size);
  void erase(blocks& kind, std::vector<std::uintptr_t>& list, std::uintptr_t p);
  bool is_live(std::uintptr_t p) const;
  SIZE_T raw_size(std::uintptr_t p) const;

  std::string allocate();
  std::string resize();
  std::string resize_to_nothing();
  std::string resize_unspied();
  std::string free_spied();
  std::string free_unspied();
  std::string ask_size();
  std::string ask_owner();
  std::string misuse();
  std::string minimize();
  std::string saw(unsigned pres, unsigned posts, bool spyed, const char* what);

  subject& m_subject;
  support::ref<random_spy> m_spy;
  std::mt19937 m_random;
  std::size_t m_next_key = 1;
  blocks m_spied;
  blocks m_unspied;
  std::vector<std::uintptr_t> m_spied_list; // to draw from
  std::vector<std::uintptr_t> m_unspied_list;
  std::vector<std::uintptr_t> m_freed; // the latest, in a ring
  std::size_t m_freed_next = 0;
};

} // namespace conformance
