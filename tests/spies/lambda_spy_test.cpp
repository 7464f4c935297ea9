// SPDX-License-Identifier: MIT
#include "support/catch.hpp"

#include <cstring>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>
#include <string>
#include <vector>

using namespace mallocspy;

TEST_CASE("a lambda_spy without functions changes nothing") {
  lambda_spy spy;
  const scoped_spy registration(&spy);
  void* block = CoTaskMemRealloc(CoTaskMemAlloc(53), 119);
  CHECK(requested_size(block) == 119);
  CoTaskMemFree(block);
}

TEST_CASE("each function is called as its hook") {
  std::vector<std::string> calls;
  lambda_spy spy;
  spy.pre_alloc = [&](SIZE_T bytes) {
    calls.emplace_back("PreAlloc");
    return bytes + 16;
  };
  spy.post_alloc = [&](void* raw) -> void* {
    calls.emplace_back("PostAlloc");
    return static_cast<char*>(raw) + 16;
  };
  spy.pre_realloc = [&](void* block, SIZE_T bytes, void** raw, BOOL) {
    calls.emplace_back("PreRealloc");
    *raw = static_cast<char*>(block) - 16;
    return bytes + 16;
  };
  spy.post_realloc = [&](void* raw, BOOL) -> void* {
    calls.emplace_back("PostRealloc");
    return static_cast<char*>(raw) + 16;
  };
  spy.pre_get_size = [&](void* block, BOOL) -> void* {
    calls.emplace_back("PreGetSize");
    return static_cast<char*>(block) - 16;
  };
  spy.post_get_size = [&](SIZE_T bytes, BOOL) {
    calls.emplace_back("PostGetSize");
    return bytes - 16;
  };
  spy.pre_did_alloc = [&](void* block, BOOL) -> void* {
    calls.emplace_back("PreDidAlloc");
    return static_cast<char*>(block) - 16;
  };
  spy.post_did_alloc = [&](void*, BOOL, int answer) {
    calls.emplace_back("PostDidAlloc");
    return answer;
  };
  spy.pre_heap_minimize = [&] { calls.emplace_back("PreHeapMinimize"); };
  spy.post_heap_minimize = [&] { calls.emplace_back("PostHeapMinimize"); };
  spy.pre_free = [&](void* block, BOOL) -> void* {
    calls.emplace_back("PreFree");
    return static_cast<char*>(block) - 16;
  };
  spy.post_free = [&](BOOL) { calls.emplace_back("PostFree"); };

  const scoped_spy registration(&spy);
  IMalloc* allocator = nullptr;
  CoGetMalloc(MEMCTX_TASK, &allocator);
  void* block = allocator->Alloc(53);
  std::memset(block, 1, 53);
  block = allocator->Realloc(block, 119);
  const SIZE_T size = allocator->GetSize(block);
  const int known = allocator->DidAlloc(block);
  allocator->HeapMinimize();
  allocator->Free(block);
  CHECK(size == 119);
  CHECK(known == 1);
  CHECK(calls == std::vector<std::string>{"PreAlloc", "PostAlloc", "PreRealloc", "PostRealloc", "PreGetSize", "PostGetSize",
                                          "PreDidAlloc", "PostDidAlloc", "PreHeapMinimize", "PostHeapMinimize", "PreFree",
                                          "PostFree"});
}
