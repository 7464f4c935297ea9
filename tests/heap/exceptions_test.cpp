// SPDX-License-Identifier: MIT
// HEAP_GENERATE_EXCEPTIONS, on the heap or on the call (decision 30).
#include "blocks/misuse_recorder.hpp"
#include "heap/some_heap.hpp"
#include "support/on_another_thread.hpp"
#include "support/pattern.hpp"

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

// returns: the code that the work throws; 0 if it does not
template <class Work> DWORD thrown_by(Work work) {
  try {
    work();
  } catch (const heap_exception& thrown) {
    return thrown.code();
  }
  return 0;
}

// returns: whether another thread gets a block, as it does not while a lock is held
bool another_thread_gets_in(HANDLE heap) {
  const support::on_another_thread work([heap] { HeapFree(heap, 0, HeapAlloc(heap, 0, 27)); });
  return work.done();
}

void check(HANDLE heap, DWORD flags) {
  void* p = HeapAlloc(heap, flags, 53);
  void* barrier = HeapAlloc(heap, flags, 53);
  REQUIRE(p != nullptr);
  support::fill(p, 53, 1);
  CHECK(thrown_by([&] { HeapAlloc(heap, flags, SIZE_MAX); }) == STATUS_NO_MEMORY);
  CHECK(another_thread_gets_in(heap));
  CHECK(thrown_by([&] { HeapAlloc(heap, flags | HEAP_ZERO_MEMORY, SIZE_MAX / 2); }) == STATUS_NO_MEMORY);
  CHECK(thrown_by([&] { HeapReAlloc(heap, flags, p, SIZE_MAX - 7); }) == STATUS_NO_MEMORY);
  CHECK(another_thread_gets_in(heap));
  CHECK(thrown_by([&] { HeapReAlloc(heap, flags | HEAP_REALLOC_IN_PLACE_ONLY, p, 700001); }) == STATUS_NO_MEMORY);
  CHECK(thrown_by([&] { HeapReAlloc(heap, flags, nullptr, 53); }) == STATUS_ACCESS_VIOLATION);
  CHECK(thrown_by([&] { HeapReAlloc(heap, flags, at(p, 1), 53); }) == STATUS_ACCESS_VIOLATION);
  CHECK(another_thread_gets_in(heap));
  CHECK(HeapSize(heap, flags, p) == 53);
  CHECK(support::holds(p, 53, 1));
  // These never throw.
  CHECK(thrown_by([&] {
          CHECK(HeapSize(heap, flags, at(p, 1)) == no_size);
          CHECK(HeapValidate(heap, flags, at(p, 1)) == FALSE);
          CHECK(HeapFree(heap, flags, at(p, 1)) == FALSE);
        }) == 0);
  p = HeapReAlloc(heap, flags, p, 1190);
  CHECK(p != nullptr);
  CHECK(HeapFree(heap, flags, p));
  CHECK(HeapFree(heap, flags, barrier));
}

} // namespace

TEST_CASE("the flag of a call throws instead of returning null", "[heap][exceptions]") {
  const misuse_recorder told;
  check(GetProcessHeap(), HEAP_GENERATE_EXCEPTIONS);
  for (const SIZE_T maximum : {SIZE_T{0}, SIZE_T{1} << 20}) {
    const some_heap heap(0, 0, maximum);
    check(heap.get(), HEAP_GENERATE_EXCEPTIONS);
    CHECK(HeapAlloc(heap.get(), 0, SIZE_MAX) == nullptr); // not without it
  }
}

TEST_CASE("the flag of the heap holds for its calls", "[heap][exceptions]") {
  const misuse_recorder told;
  for (const SIZE_T maximum : {SIZE_T{0}, SIZE_T{1} << 20}) {
    const some_heap heap(HEAP_GENERATE_EXCEPTIONS, 0, maximum);
    check(heap.get(), 0);
  }
}

TEST_CASE("a handle that is no heap throws only with the flag of the call", "[heap][exceptions]") {
  int local = 0;
  HANDLE wrong = &local;
  CHECK(thrown_by([&] { HeapAlloc(wrong, HEAP_GENERATE_EXCEPTIONS, 53); }) == STATUS_ACCESS_VIOLATION);
  CHECK(thrown_by([&] { HeapReAlloc(wrong, HEAP_GENERATE_EXCEPTIONS, wrong, 53); }) == STATUS_ACCESS_VIOLATION);
  CHECK(thrown_by([&] { HeapAlloc(wrong, 0, 53); }) == 0);
}

TEST_CASE("the exception tells what it is", "[heap][exceptions]") {
  try {
    HeapAlloc(GetProcessHeap(), HEAP_GENERATE_EXCEPTIONS, SIZE_MAX);
    FAIL("nothing was thrown");
  } catch (const std::exception& thrown) {
    CHECK(std::string(thrown.what()) == "heap: no memory");
  }
}
