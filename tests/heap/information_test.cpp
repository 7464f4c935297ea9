// SPDX-License-Identifier: MIT
// HeapQueryInformation and HeapSetInformation.
#include "blocks/child_process.hpp"
#include "blocks/misuse_recorder.hpp"
#include "heap/some_heap.hpp"

#include <mallocspy/mallocspy.hpp>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

// returns: the last error of setting the compatibility; untouched if it succeeded
DWORD set(HANDLE heap, ULONG value) {
  return error_of([&] {
    const BOOL done = HeapSetInformation(heap, HeapCompatibilityInformation, &value, sizeof value);
    CHECK((done == TRUE) == (GetLastError() == untouched));
  });
}

ULONG get(HANDLE heap) {
  ULONG value = 119;
  SIZE_T length = 53;
  CHECK(HeapQueryInformation(heap, HeapCompatibilityInformation, &value, sizeof value, &length));
  CHECK(length == 4);
  return value;
}

DWORD query(HANDLE heap, int which, void* to, SIZE_T room, SIZE_T* length) {
  return error_of(
      [&] { CHECK_FALSE(HeapQueryInformation(heap, static_cast<HEAP_INFORMATION_CLASS>(which), to, room, length)); });
}

constexpr int all_kinds_of_classes[] = {2, 4, -1, 119};

} // namespace

TEST_CASE("HeapQueryInformation", "[heap][information]") {
  const some_heap heap;
  for (HANDLE h : {heap.get(), GetProcessHeap()}) {
    CHECK(get(h) == 0);
    SIZE_T length = 0;
    ULONG value = 7;
    CHECK(query(h, 0, nullptr, 0, &length) == ERROR_INSUFFICIENT_BUFFER);
    CHECK(length == 4);
    CHECK(query(h, 0, nullptr, 0, nullptr) == ERROR_INSUFFICIENT_BUFFER);
    length = 0;
    CHECK(query(h, 0, &value, 3, &length) == ERROR_INSUFFICIENT_BUFFER);
    CHECK(length == 4);
    CHECK(value == 7);
    unsigned char five[5] = {1, 1, 1, 1, 9};
    CHECK(HeapQueryInformation(h, HeapCompatibilityInformation, five, 5, nullptr));
    CHECK(all_zero(five, 0, 4));
    CHECK(five[4] == 9);
    for (const int which : all_kinds_of_classes) {
      CHECK(query(h, which, &value, 4, nullptr) == ERROR_INVALID_PARAMETER);
    }
    CHECK(query(h, HeapEnableTerminationOnCorruption, &value, 4, nullptr) == ERROR_INVALID_PARAMETER);
    CHECK(query(h, HeapOptimizeResources, &value, 4, nullptr) == ERROR_INVALID_PARAMETER);
  }
  SIZE_T length = 119;
  ULONG value = 7;
  CHECK(query(nullptr, 0, &value, 4, &length) == ERROR_NOACCESS);
  CHECK(length == 119);
  CHECK(query(&length, 0, &value, 4, &length) == ERROR_INVALID_HANDLE);
}

// Decision 47.
TEST_CASE("no heap changes its compatibility by itself", "[heap][information]") {
  const some_heap heap;
  for (int i = 0; i < 1000; ++i) {
    HeapAlloc(heap.get(), 0, 53);
  }
  CHECK(get(heap.get()) == 0);
}

// Decision 48.
TEST_CASE("setting the compatibility", "[heap][information]") {
  const some_heap heap;
  CHECK(set(heap.get(), 0) == untouched);
  CHECK(set(heap.get(), 1) == ERROR_GEN_FAILURE);
  CHECK(set(heap.get(), 3) == ERROR_GEN_FAILURE);
  CHECK(set(heap.get(), 119) == ERROR_GEN_FAILURE);
  CHECK(get(heap.get()) == 0);
  CHECK(set(heap.get(), 2) == untouched);
  CHECK(get(heap.get()) == 2);
  CHECK(set(heap.get(), 0) == ERROR_GEN_FAILURE);
  CHECK(set(heap.get(), 1) == ERROR_GEN_FAILURE);
  CHECK(set(heap.get(), 2) == untouched);
  CHECK(get(heap.get()) == 2);
  const some_heap another;
  CHECK(get(another.get()) == 0);

  const some_heap unserialized(HEAP_NO_SERIALIZE);
  const some_heap fixed(0, 0, 65536);
  CHECK(set(unserialized.get(), 2) == ERROR_INVALID_PARAMETER);
  CHECK(set(fixed.get(), 2) == ERROR_INVALID_PARAMETER);
  CHECK(get(fixed.get()) == 0);

  ULONG two = 2;
  const auto set_raw = [&](HANDLE h, void* from, SIZE_T length) {
    return error_of([&] { CHECK_FALSE(HeapSetInformation(h, HeapCompatibilityInformation, from, length)); });
  };
  CHECK(set_raw(another.get(), &two, 3) == ERROR_INSUFFICIENT_BUFFER);
  CHECK(set_raw(another.get(), nullptr, 0) == ERROR_INSUFFICIENT_BUFFER);
  CHECK(set_raw(nullptr, &two, 4) == ERROR_INVALID_HANDLE);
  CHECK(set_raw(&two, &two, 4) == ERROR_INVALID_HANDLE);
}

TEST_CASE("a heap in the place of a destroyed one starts afresh", "[heap][information]") {
  HANDLE old = HeapCreate(0, 0, 0);
  CHECK(set(old, 2) == untouched);
  HeapDestroy(old);
  const some_heap heap;
  CHECK(get(heap.get()) == 0);
}

// Decision 49.
TEST_CASE("classes that do not exist cannot be set", "[heap][information]") {
  const some_heap heap;
  ULONG value = 0;
  for (const int which : all_kinds_of_classes) {
    CHECK(error_of([&] {
            CHECK_FALSE(HeapSetInformation(heap.get(), static_cast<HEAP_INFORMATION_CLASS>(which), &value, 4));
          }) == ERROR_INVALID_PARAMETER);
  }
}

TEST_CASE("HeapOptimizeResources compacts one heap or all", "[heap][information]") {
  const some_heap heap;
  const some_heap unserialized(HEAP_NO_SERIALIZE);
  const auto reserved = [&] {
    HEAP_SUMMARY summary{};
    summary.cb = sizeof summary;
    HeapSummary(heap.get(), 0, &summary);
    return summary.cbReserved;
  };
  HEAP_OPTIMIZE_RESOURCES_INFORMATION info{HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION, 0};
  for (HANDLE h : {heap.get(), HANDLE(nullptr)}) {
    HeapFree(heap.get(), 0, HeapAlloc(heap.get(), 0, 53));
    CHECK(reserved() != 0);
    CHECK(HeapSetInformation(h, HeapOptimizeResources, &info, sizeof info));
    CHECK(reserved() == 0);
  }
  const auto fails_with = [&](HANDLE h, void* from, SIZE_T length) {
    return error_of([&] { CHECK_FALSE(HeapSetInformation(h, HeapOptimizeResources, from, length)); });
  };
  CHECK(fails_with(nullptr, &info, sizeof info - 1) == ERROR_INVALID_PARAMETER);
  CHECK(fails_with(nullptr, &info, sizeof info + 1) == ERROR_INVALID_PARAMETER);
  CHECK(fails_with(nullptr, nullptr, sizeof info) == ERROR_INVALID_PARAMETER);
  CHECK(fails_with(&info, &info, sizeof info) == ERROR_INVALID_HANDLE);
  info.Version = 2;
  CHECK(fails_with(heap.get(), &info, sizeof info) == ERROR_INVALID_PARAMETER);
}

namespace {

void enable_termination() {
  if (HeapSetInformation(nullptr, HeapEnableTerminationOnCorruption, nullptr, 0) != TRUE) {
    std::_Exit(3);
  }
}

} // namespace

TEST_CASE("terminating child: a wrong HeapFree", "[.]") {
  enable_termination();
  const some_heap heap;
  HeapFree(heap.get(), 0, at(HeapAlloc(heap.get(), 0, 53), 16));
  std::_Exit(0);
}
TEST_CASE("terminating child: a wrong HeapFree of the process heap in spite of a handler", "[.]") {
  enable_termination();
  set_abort_on_misuse(false); // cannot undo it
  set_misuse_handler([](const misuse&) { return misuse_action::go_on; });
  HeapFree(GetProcessHeap(), 0, reinterpret_cast<void*>(std::uintptr_t{16}));
  std::_Exit(0);
}
TEST_CASE("terminating child: a wrong CoTaskMemFree", "[.]") {
  enable_termination();
  CoTaskMemFree(reinterpret_cast<void*>(std::uintptr_t{16}));
  std::_Exit(0);
}
TEST_CASE("terminating child: questions and null are no misuse", "[.]") {
  enable_termination();
  const some_heap heap;
  void* wrong = reinterpret_cast<void*>(std::uintptr_t{16});
  HeapSize(heap.get(), 0, wrong);
  HeapValidate(heap.get(), 0, wrong);
  HeapFree(heap.get(), 0, nullptr);
  HeapReAlloc(heap.get(), 0, nullptr, 53);
  std::_Exit(7);
}
TEST_CASE("child: without termination the program goes on", "[.]") {
  const some_heap heap;
  void* p = HeapAlloc(heap.get(), 0, 53);
  HeapFree(heap.get(), 0, at(p, 16));
  HeapFree(heap.get(), 0, p);
  HeapFree(heap.get(), 0, p);
  std::_Exit(7);
}

TEST_CASE("HeapEnableTerminationOnCorruption ends the process at a misuse, for good", "[heap][information]") {
  child_result result = run_in_child("terminating child: a wrong HeapFree");
  CHECK(result.aborted());
  CHECK(result.errors.find("HeapFree(0x") != std::string::npos);
  CHECK(result.errors.find("16 bytes inside the live block") != std::string::npos);
  CHECK(result.errors.find("; aborting\n") != std::string::npos);
  CHECK(run_in_child("terminating child: a wrong HeapFree of the process heap in spite of a handler").aborted());
  CHECK(run_in_child("terminating child: a wrong CoTaskMemFree").aborted());
  CHECK(run_in_child("terminating child: questions and null are no misuse").exited_with(7));
  result = run_in_child("child: without termination the program goes on");
  CHECK(result.exited_with(7));
  CHECK(result.errors.find("HeapFree(0x") != std::string::npos);
  CHECK(result.errors.find("this block was freed before; nothing was changed\n") != std::string::npos);
}
