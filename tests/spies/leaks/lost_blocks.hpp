// SPDX-License-Identifier: MIT
// Blocks that are lost, or held in some way, and what a tracker says of them. Each case runs in a process of its own.
#pragma once

#include "support/catch.hpp"

#include <cstdint>
#include <cstring>
#include <mallocspy/spies/leak_tracker.hpp>
#include <mallocspy/task/task.hpp>
#include <vector>

namespace mallocspy::tests {

// Addresses that are no pointers for the tracker.
class hidden {
public:
  explicit hidden(const void* p = nullptr) : m_value(~reinterpret_cast<std::uintptr_t>(p)) {}
  void* get() const {
    return reinterpret_cast<void*>(~m_value);
  }

private:
  std::uintptr_t m_value;
};

// Of a size that nobody else asks for: where malloc has the same heap, stale pointers of its free blocks would be seen.
struct node {
  node* next;
  char rest[150011 - sizeof(void*)];
};
constexpr std::size_t node_size = sizeof(void*) + sizeof(node::rest);

inline node* new_node(node* next) {
  auto* n = static_cast<node*>(CoTaskMemAlloc(node_size));
  std::memset(n, 0, node_size);
  n->next = next;
  return n;
}

// Runs f deep below the caller's frame and wipes what it left there, so that no stale pointer stays behind.
__attribute__((noinline)) inline void wipe() {
  volatile char room[20000];
  for (volatile char& c : room) {
    c = 0;
  }
}
template <class Function> __attribute__((noinline)) void out_of_sight(Function f) {
  volatile char distance[5000];
  distance[0] = 0;
  f();
  distance[1] = distance[0];
}

struct fixture {
  fixture() {
    REQUIRE(CoRegisterMallocSpy(&tracker) == S_OK);
  }
  ~fixture() {
    for (const hidden& h : all) {
      CoTaskMemFree(h.get());
    }
    CHECK(CoRevokeMallocSpy() == S_OK);
  }
  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;

  void remember(void* block) {
    all.emplace_back(block);
  }
  block_state state_of(std::size_t i) {
    wipe();
    const leak_report report = tracker.report();
    for (const leaked_block& b : report) {
      if (b.address == all[i].get()) {
        return b.state;
      }
    }
    return block_state::unknown;
  }

  leak_tracker tracker;
  std::vector<hidden> all;
};

// Each case runs in a process of its own: what others leave in freed memory, and on the stacks of ended threads, looks like
// pointers to blocks that lie where theirs lay.
inline std::vector<const char*>& cases() {
  static std::vector<const char*> all;
  return all;
}
#define JOINED_(a, b) a##b
#define JOINED(a, b) JOINED_(a, b)
#define ALONE(name)                                                                                                        \
  static const bool JOINED(noted_, __LINE__) = (cases().push_back(name), true);                                            \
  TEST_CASE(name, "[.][reachability]")

// Where nobody but the tracker looks: the compiler must not leave the stores out.
inline node* volatile in_static_memory = nullptr;
inline thread_local node* volatile in_thread_local_memory = nullptr;

} // namespace mallocspy::tests
