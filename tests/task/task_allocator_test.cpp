// SPDX-License-Identifier: MIT
// The allocator where programs use it at their edges: before main, in the last destructors of threads, with foreign memory.
#include "support/catch.hpp"

#include <cstring>
#include <mallocspy/mallocspy.hpp>
#include <thread>

using namespace mallocspy;

namespace {

IMalloc* allocator_before_main() {
  IMalloc* p = nullptr;
  CoGetMalloc(MEMCTX_TASK, &p);
  return p;
}

// Initialised before main, in whatever order.
IMalloc* const early_allocator = allocator_before_main();
void* const early_block = early_allocator->Alloc(53);

} // namespace

TEST_CASE("a block from before main is a block like any other") {
  REQUIRE(early_block != nullptr);
  CHECK(early_allocator->GetSize(early_block) == 53);
  CHECK(early_allocator->DidAlloc(early_block) == 1);
  CHECK(early_allocator == allocator_before_main());
}

TEST_CASE("the function CoGetMalloc refuses to store nowhere") {
  CHECK(CoGetMalloc(MEMCTX_TASK, nullptr) == E_INVALIDARG);
  CHECK(early_allocator->QueryInterface(IID_IMalloc, nullptr) == E_POINTER);
}

TEST_CASE("blocks can be freed and made in destructors of thread-local objects") {
  struct late {
    ~late() {
      freed_size = requested_size(block);
      CoTaskMemFree(block);
      void* fresh = CoTaskMemAlloc(61);
      fresh_size = requested_size(fresh);
      CoTaskMemFree(fresh);
    }
    void* block = nullptr;
    std::size_t& freed_size;
    std::size_t& fresh_size;
  };
  std::size_t freed_size = 0;
  std::size_t fresh_size = 0;
  std::thread([&] {
    thread_local late at_exit{nullptr, freed_size, fresh_size};
    at_exit.block = CoTaskMemAlloc(59);
  }).join();
  CHECK(freed_size == 59);
  CHECK(fresh_size == 61);
}

TEST_CASE("a block outlives its thread") {
  void* block = nullptr;
  std::thread([&] {
    block = CoTaskMemAlloc(119);
    std::memset(block, 0x3C, 119);
  }).join();
  CHECK(requested_size(block) == 119);
  block = CoTaskMemRealloc(block, 4001);
  CHECK(static_cast<unsigned char*>(block)[118] == 0x3C);
  CoTaskMemFree(block);
  CHECK_FALSE(owns(block));
}

TEST_CASE("HeapMinimize leaves live blocks where they are") {
  void* block = CoTaskMemAlloc(2003);
  std::memset(block, 0x77, 2003);
  early_allocator->HeapMinimize();
  CHECK(requested_size(block) == 2003);
  CHECK(static_cast<unsigned char*>(block)[2002] == 0x77);
  CoTaskMemFree(block);
}
