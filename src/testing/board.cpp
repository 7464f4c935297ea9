// SPDX-License-Identifier: MIT
#include "testing/board.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace mallocspy::testing_detail {

namespace {

board* map(int descriptor, int kind) noexcept {
  void* memory = ::mmap(nullptr, sizeof(board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | kind, descriptor, 0);
  if (memory == MAP_FAILED) {
    return nullptr;
  }
#if defined(MADV_DONTDUMP)
  ::madvise(memory, sizeof(board), MADV_DONTDUMP); // this is also what scans for leaks know the library's tables by
#endif
  return static_cast<board*>(memory);
}

} // namespace

board* make_board() noexcept {
  return map(-1, MAP_ANONYMOUS);
}

void discard_board(board* b) noexcept {
  ::munmap(b, sizeof(board));
}

board* map_board(int descriptor, bool fresh) noexcept {
  if (fresh && ::ftruncate(descriptor, sizeof(board)) != 0) {
    return nullptr;
  }
  return map(descriptor, 0);
}

} // namespace mallocspy::testing_detail
