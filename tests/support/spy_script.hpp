// SPDX-License-Identifier: MIT
// What a test wants single hooks of a recording spy to do instead of their usual behaviour. An empty one changes nothing.
#pragma once

#include <functional>
#include <mallocspy/contract/contract.hpp>

namespace support {

using namespace mallocspy;

struct spy_script {
  std::function<SIZE_T(SIZE_T)> pre_alloc;
  std::function<void*(void*)> post_alloc;
  std::function<void*(void*, BOOL)> pre_free;
  std::function<void(BOOL)> post_free;
  std::function<SIZE_T(void*, SIZE_T, void**, BOOL)> pre_realloc;
  std::function<void*(void*, BOOL)> post_realloc;
  std::function<void*(void*, BOOL)> pre_get_size;
  std::function<SIZE_T(SIZE_T, BOOL)> post_get_size;
  std::function<void*(void*, BOOL)> pre_did_alloc;
  std::function<int(void*, BOOL, int)> post_did_alloc;
  std::function<void()> pre_heap_minimize;
  std::function<void()> post_heap_minimize;
  std::function<void()> release; // before the count goes down
};

} // namespace support
