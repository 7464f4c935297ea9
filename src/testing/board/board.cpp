// SPDX-License-Identifier: MIT
#include "testing/board/board.hpp"

#include <sys/mman.h>

namespace mallocspy::testing_detail {

board* make_board() noexcept {
  void* memory = ::mmap(nullptr, sizeof(board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return nullptr;
  }
#if defined(MADV_DONTDUMP)
  ::madvise(memory, sizeof(board), MADV_DONTDUMP); // this is also what scans for leaks know the library's tables by
#endif
  return static_cast<board*>(memory);
}

void discard_board(board* b) noexcept {
  ::munmap(b, sizeof(board));
}

} // namespace mallocspy::testing_detail
