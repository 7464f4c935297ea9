// SPDX-License-Identifier: MIT
// Planted leaks, and blocks that look like some but are not: which of them can the program still reach?
#include <mallocspy/spies/leak_tracker.hpp>

#include "blocks/backing.hpp"
#include "blocks/child_process.hpp"
#include "spies/leaks/lost_blocks.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <cstring>
#include <mallocspy/task/task.hpp>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

using namespace mallocspy;
using namespace mallocspy::tests;

ALONE("a block that nobody points to is lost") {
  fixture f;
  out_of_sight([&f] { f.remember(new_node(nullptr)); });
  CHECK(f.state_of(0) == block_state::lost);
}

ALONE("a static variable holds a block, and that the next") {
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

ALONE("the owner of lost blocks is told from what it owns, whoever came first") {
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

ALONE("a cycle is lost, and told once") {
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

ALONE("a cycle that is held is reachable") {
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

ALONE("interior pointers hold, those beyond the requested bytes do not") {
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

ALONE("only the requested bytes of a block are followed") {
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

ALONE("what the heap leaves in a fresh block is no pointer") {
  fixture f;
  static void* volatile held[2];
  out_of_sight([&f] {
    // Small enough that they share a list of free blocks, each of which holds the address of the next.
    void* several[16];
    for (void*& block : several) {
      block = CoTaskMemAlloc(5003);
    }
    for (void*& block : several) {
      CoTaskMemFree(block);
      block = nullptr;
    }
    held[0] = CoTaskMemAlloc(5003);
    f.remember(CoTaskMemAlloc(5003));
    held[1] = CoTaskMemAlloc(5003);
    f.remember(held[0]);
    f.remember(held[1]);
  });
  CHECK(f.state_of(0) == block_state::lost);
  CHECK(f.state_of(1) == block_state::reachable);
  CHECK(f.state_of(2) == block_state::reachable);
}

ALONE("freed blocks hold nothing, be they the allocator's or those of a malloc that has its heap") {
  fixture f;
  bool told = false; // the heap tells what is free
  out_of_sight([&] {
    f.remember(new_node(nullptr));
    void** several[74];
    for (void**& block : several) {
      block = static_cast<void**>(&block - several < 37 ? std::malloc(83) : CoTaskMemAlloc(83));
      block[5] = f.all[0].get();
    }
    told = MI_MALLOC_VERSION < 300 && blocks::backing::is_heap(several[0]);
    for (void**& block : several) {
      &block - several < 37 ? std::free(block) : CoTaskMemFree(block);
      block = nullptr;
    }
  });
  if (told) {
    CHECK(f.state_of(0) == block_state::lost);
  }
}

ALONE("a variable of the calling function holds a block") {
  fixture f;
  node* local = new_node(nullptr);
  f.remember(local);
  CHECK(f.state_of(0) == block_state::reachable);
  CHECK(local->next == nullptr);
}

ALONE("a block held only by memory of another allocator, or mapped by hand") {
  fixture f;
  auto* cell = static_cast<node* volatile*>(std::malloc(sizeof(void*)));
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

ALONE("memory like that of the library's own tables holds nothing") {
  fixture f;
  void* table = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(::madvise(table, 4096, MADV_DONTDUMP) == 0);
  out_of_sight([&] {
    *static_cast<node* volatile*>(table) = new_node(nullptr);
    f.remember(*static_cast<node* volatile*>(table));
  });
  CHECK(f.state_of(0) == block_state::lost);
  ::munmap(table, 4096);
}

ALONE("a block held only by one that the tracker does not know") {
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

ALONE("a block before the mark holds one behind it") {
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

ALONE("a program's own files and descriptors are as they were") {
  fixture f;
  f.remember(new_node(nullptr));
  const int before = ::dup(2);
  ::close(before);
  f.tracker.report();
  const int after = ::dup(2);
  ::close(after);
  CHECK(before == after);
}

TEST_CASE("reachable, lost, or held by lost blocks", "[spies][reachability]") {
  for (const char* name : cases()) {
    // A comma separates names on Catch2's command line.
    std::string escaped;
    for (const char* c = name; *c != '\0'; ++c) {
      escaped += *c == ',' ? "\\," : std::string(1, *c);
    }
    const auto result = mallocspy::tests::run_in_child(escaped.c_str());
    INFO(name << ": run this case by itself to see more\n" << result.errors);
    CHECK(result.exited_with(0));
  }
  CHECK(cases().size() > 10);
}
