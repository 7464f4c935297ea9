// SPDX-License-Identifier: MIT
// Planted leaks, and blocks that look like some but are not: which of them can the program still reach?
#include <mallocspy/spies/leak_tracker.hpp>

#include "support/barrier.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <cstring>
#include <mallocspy/task/task.hpp>
#include <memory>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace mallocspy;
using support::barrier;

namespace {

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
  char rest[150011 - sizeof(node*)];
};
constexpr std::size_t node_size = sizeof(node*) + sizeof(node::rest);

node* new_node(node* next) {
  auto* n = static_cast<node*>(CoTaskMemAlloc(node_size));
  std::memset(n, 0, node_size);
  n->next = next;
  return n;
}

// Runs f deep below the caller's frame and wipes what it left there, so that no stale pointer stays behind.
__attribute__((noinline)) void wipe() {
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

// Where nobody but the tracker looks: the compiler must not leave the stores out.
node* volatile in_static_memory = nullptr;
thread_local node* volatile in_thread_local_memory = nullptr;

} // namespace

TEST_CASE("a block that nobody points to is lost", "[spies][reachability]") {
  fixture f;
  out_of_sight([&f] { f.remember(new_node(nullptr)); });
  CHECK(f.state_of(0) == block_state::lost);
}

TEST_CASE("a static variable holds a block, and that the next", "[spies][reachability]") {
  fixture f;
  out_of_sight([&f] {
    in_static_memory = new_node(new_node(new_node(nullptr)));
    for (node* n = in_static_memory; n != nullptr; n = n->next) {
      f.remember(n);
    }
  });
  CHECK(f.state_of(0) == block_state::reachable);
  CHECK(f.state_of(1) == block_state::reachable);
  CHECK(f.state_of(2) == block_state::reachable);
  out_of_sight([] { in_static_memory->next->next = nullptr; });
  CHECK(f.state_of(1) == block_state::reachable);
  CHECK(f.state_of(2) == block_state::lost);
  in_static_memory = nullptr;
  CHECK(f.state_of(0) == block_state::lost);
  CHECK(f.state_of(1) == block_state::held_by_lost);
}

TEST_CASE("the owner of lost blocks is told from what it owns, whoever came first", "[spies][reachability]") {
  fixture f;
  out_of_sight([&f] {
    node* last = new_node(nullptr); // the oldest
    node* middle = new_node(last);
    node* owner = new_node(middle);
    f.remember(last);
    f.remember(middle);
    f.remember(owner);
  });
  CHECK(f.state_of(0) == block_state::held_by_lost);
  CHECK(f.state_of(1) == block_state::held_by_lost);
  CHECK(f.state_of(2) == block_state::lost);
}

TEST_CASE("a cycle is lost, and told once", "[spies][reachability]") {
  fixture f;
  out_of_sight([&f] {
    node* a = new_node(nullptr);
    node* b = new_node(a);
    node* c = new_node(b);
    a->next = c;
    f.remember(a);
    f.remember(b);
    f.remember(c);
    node* alone = new_node(nullptr);
    alone->next = alone;
    f.remember(alone);
  });
  CHECK(f.state_of(0) == block_state::lost);
  CHECK(f.state_of(1) == block_state::held_by_lost);
  CHECK(f.state_of(2) == block_state::held_by_lost);
  CHECK(f.state_of(3) == block_state::lost);
}

TEST_CASE("a cycle that is held is reachable", "[spies][reachability]") {
  fixture f;
  out_of_sight([&f] {
    node* a = new_node(nullptr);
    node* b = new_node(a);
    a->next = b;
    f.remember(a);
    f.remember(b);
    in_static_memory = b;
  });
  CHECK(f.state_of(0) == block_state::reachable);
  CHECK(f.state_of(1) == block_state::reachable);
  in_static_memory = nullptr;
}

TEST_CASE("interior pointers hold, those beyond the requested bytes do not", "[spies][reachability]") {
  fixture f;
  static const char* volatile inside = nullptr;
  out_of_sight([&f] {
    f.remember(new_node(nullptr));
    inside = static_cast<char*>(f.all[0].get()) + node_size - 1;
  });
  CHECK(f.state_of(0) == block_state::reachable);
  inside = inside + 1;
  CHECK(f.state_of(0) == block_state::lost);
  inside = nullptr;
}

TEST_CASE("only the requested bytes of a block are followed", "[spies][reachability]") {
  fixture f;
  out_of_sight([&f] {
    // 24 bytes have room for more; what is there belongs to nobody.
    auto** owner = static_cast<void**>(CoTaskMemAlloc(24));
    std::memset(owner, 0, 24);
    f.remember(owner);
    f.remember(new_node(nullptr));
    owner[2] = f.all[1].get();
    in_static_memory = reinterpret_cast<node*>(owner);
  });
  CHECK(f.state_of(1) == block_state::reachable);
  out_of_sight([&f] { CoTaskMemRealloc(f.all[0].get(), 17); });
  CHECK(f.state_of(0) == block_state::reachable);
  CHECK(f.state_of(1) == block_state::lost);
  in_static_memory = nullptr;
}

TEST_CASE("what the heap leaves in a fresh block is no pointer", "[spies][reachability]") {
  fixture f;
  static void* volatile held[2];
  out_of_sight([&f] {
    node* several[16];
    for (node*& n : several) {
      n = new_node(nullptr);
    }
    for (node*& n : several) {
      CoTaskMemFree(n);
      n = nullptr;
    }
    // Untouched, and held: free blocks led from one to the next, in one order or the other.
    held[0] = CoTaskMemAlloc(node_size);
    f.remember(CoTaskMemAlloc(node_size));
    held[1] = CoTaskMemAlloc(node_size);
    f.remember(held[0]);
    f.remember(held[1]);
  });
  CHECK(f.state_of(0) == block_state::lost);
  CHECK(f.state_of(1) == block_state::reachable);
  CHECK(f.state_of(2) == block_state::reachable);
  held[0] = held[1] = nullptr;
}

TEST_CASE("a variable of the calling function holds a block", "[spies][reachability]") {
  fixture f;
  node* local = new_node(nullptr);
  f.remember(local);
  CHECK(f.state_of(0) == block_state::reachable);
  CHECK(local->next == nullptr);
}

TEST_CASE("a block held only by memory of another allocator, or mapped by hand", "[spies][reachability]") {
  fixture f;
  auto* cell = static_cast<node* volatile*>(std::malloc(sizeof(node*)));
  auto* page =
      static_cast<node* volatile*>(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  auto* shared =
      static_cast<node* volatile*>(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  out_of_sight([&] {
    for (node* volatile* place : {cell, page, shared}) {
      *place = new_node(nullptr);
      f.remember(*place);
    }
  });
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(f.state_of(i) == block_state::reachable);
  }
  for (node* volatile* place : {cell, page, shared}) {
    *place = nullptr;
  }
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(f.state_of(i) == block_state::lost);
  }
  std::free(const_cast<node**>(cell));
  ::munmap(const_cast<node**>(page), 4096);
  ::munmap(const_cast<node**>(shared), 4096);
}

TEST_CASE("a block held only by one that the tracker does not know", "[spies][reachability]") {
  auto** before = static_cast<node**>(CoTaskMemAlloc(53));
  std::memset(before, 0, 53);
  const hidden owner(before);
  before = nullptr;
  {
    fixture f;
    out_of_sight([&] {
      f.remember(new_node(nullptr));
      *static_cast<node**>(owner.get()) = static_cast<node*>(f.all[0].get());
    });
    CHECK(f.state_of(0) == block_state::reachable);
    out_of_sight([&] { *static_cast<node**>(owner.get()) = nullptr; });
    CHECK(f.state_of(0) == block_state::lost);
  }
  CoTaskMemFree(owner.get());
}

TEST_CASE("a block before the mark holds one behind it", "[spies][reachability]") {
  fixture f;
  out_of_sight([&f] {
    in_static_memory = new_node(nullptr);
    f.remember(in_static_memory);
  });
  const std::uint64_t mark = f.tracker.mark();
  out_of_sight([&f] {
    in_static_memory->next = new_node(nullptr);
    f.remember(in_static_memory->next);
  });
  const leak_report report = f.tracker.report(mark);
  REQUIRE(report.size() == 1);
  CHECK(report.begin()->state == block_state::reachable);
  in_static_memory = nullptr;
}

TEST_CASE("a program's own files and descriptors are as they were", "[spies][reachability]") {
  fixture f;
  f.remember(new_node(nullptr));
  const int before = ::dup(2);
  ::close(before);
  f.tracker.report();
  const int after = ::dup(2);
  ::close(after);
  CHECK(before == after);
}

// Last: the stacks of ended threads stay mapped, with all that they held.
TEST_CASE("a block held only by another thread's stack", "[spies][reachability]") {
  fixture f;
  barrier placed(2);
  barrier done(2);
  std::thread holder([&] {
    node* volatile local = new_node(nullptr);
    f.remember(local);
    placed.arrive_and_wait();
    done.arrive_and_wait();
    local = nullptr;
  });
  placed.arrive_and_wait();
  CHECK(f.state_of(0) == block_state::reachable);
  done.arrive_and_wait();
  holder.join();
}

TEST_CASE("a block held only by another thread's thread-local storage", "[spies][reachability]") {
  fixture f;
  barrier placed(2);
  barrier seen(2);
  barrier cleared(2);
  barrier done(2);
  std::thread holder([&] {
    out_of_sight([&f] {
      in_thread_local_memory = new_node(nullptr);
      f.remember(in_thread_local_memory);
    });
    wipe();
    placed.arrive_and_wait();
    seen.arrive_and_wait();
    in_thread_local_memory = nullptr;
    cleared.arrive_and_wait();
    done.arrive_and_wait();
  });
  placed.arrive_and_wait();
  CHECK(f.state_of(0) == block_state::reachable);
  seen.arrive_and_wait();
  cleared.arrive_and_wait();
  CHECK(f.state_of(0) == block_state::lost);
  done.arrive_and_wait();
  holder.join();
}
