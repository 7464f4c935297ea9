// SPDX-License-Identifier: MIT
// Every pointer value has its documented answer: through IMalloc, and through the functions of C.
#include <mallocspy/mallocspy.h>
#include <mallocspy/mallocspy.hpp>

#include "blocks/wild_pointers.hpp"
#include "observing_spy.hpp"
#include "support/catch.hpp"

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

struct imalloc_door {
  static constexpr std::size_t no_size = static_cast<std::size_t>(-1);

  static IMalloc* object() {
    IMalloc* task_allocator = nullptr;
    CoGetMalloc(MEMCTX_TASK, &task_allocator);
    return task_allocator;
  }
  static void* alloc(std::size_t size) {
    return object()->Alloc(size);
  }
  static void free(void* p) {
    object()->Free(p);
  }
  static void* realloc(void* p, std::size_t size) {
    return object()->Realloc(p, size);
  }
  static std::size_t size(const void* p) {
    return object()->GetSize(const_cast<void*>(p));
  }
  // Null is neither owned nor not: -1.
  static bool owns(const void* p) {
    return object()->DidAlloc(const_cast<void*>(p)) == 1;
  }
};

struct c_door {
  static constexpr std::size_t no_size = 0;

  static void* alloc(std::size_t size) {
    return mallocspy_alloc(size);
  }
  static void free(void* p) {
    mallocspy_free(p);
  }
  static void* realloc(void* p, std::size_t size) {
    return mallocspy_realloc(p, size);
  }
  static std::size_t size(const void* p) {
    return mallocspy_size(p);
  }
  static bool owns(const void* p) {
    return mallocspy_owns(p) == 1;
  }
};

template <class Door> void probe_everything(int random_pointers) {
  live_blocks<Door> live;
  for (std::size_t i = 0; i < 1009; ++i) {
    live.make(i * 53 % 1500);
  }
  pointer_prober<Door> prober(live);
  probe_live_and_freed_blocks(live, prober);
  probe_borders_of_leaves(prober);
  probe_ends_and_non_canonical(live, prober);
  probe_foreign_memory(prober);
  probe_random_pointers(prober, random_pointers);
  CHECK(prober.first_wrong() == "");
  CHECK(live.untouched());
  CHECK(live.count() == 1009);
  CHECK(prober.probed() > 100000);
}

} // namespace

TEMPLATE_TEST_CASE("every pointer value has its answer", "[adapters][misuse]", imalloc_door, c_door) {
  probe_everything<TestType>(rounds(200000));
}

TEMPLATE_TEST_CASE("every pointer value has its answer under a spy", "[adapters][misuse]", imalloc_door, c_door) {
  observing_spy spy;
  scoped_spy registration(&spy);
  REQUIRE(registration);
  {
    live_blocks<TestType> live;
    for (std::size_t i = 0; i < 1009; ++i) {
      live.make(i * 53 % 1500);
    }
    pointer_prober<TestType> prober(live);
    probe_borders_of_leaves(prober);
    probe_ends_and_non_canonical(live, prober);
    probe_foreign_memory(prober);
    probe_random_pointers(prober, rounds(100000));
    CHECK(prober.first_wrong() == "");
    CHECK(live.untouched());
  }
  CHECK(registration.revoke() == S_OK);
}

TEST_CASE("DidAlloc answers 1, 0, and -1 for null", "[adapters][misuse]") {
  IMalloc* task_allocator = imalloc_door::object();
  void* p = task_allocator->Alloc(53);
  CHECK(task_allocator->DidAlloc(p) == 1);
  CHECK(task_allocator->DidAlloc(static_cast<char*>(p) + 4) == 0);
  CHECK(task_allocator->DidAlloc(reinterpret_cast<void*>(std::uintptr_t{1})) == 0);
  CHECK(task_allocator->DidAlloc(nullptr) == -1);
  CHECK(task_allocator->GetSize(nullptr) == static_cast<SIZE_T>(-1));
  task_allocator->Free(p);
  CHECK(task_allocator->DidAlloc(p) == 0);
}
