// SPDX-License-Identifier: MIT
// A user's program: one block through each door, with its exact size. Exit status 0 if all is as promised.
#include <cstdio>
#include <mallocspy/mallocspy.h>
#include <mallocspy/mallocspy.hpp>

int main() {
  mallocspy::IMalloc* heap = nullptr;
  if (mallocspy::CoGetMalloc(mallocspy::MEMCTX_TASK, &heap) != mallocspy::S_OK) {
    return 1;
  }
  void* first = heap->Alloc(27);
  void* second = mallocspy_alloc(119);
  const bool exact = heap->GetSize(first) == 27 && mallocspy_size(second) == 119 && heap->GetSize(second) == 119;
  heap->Free(second);
  mallocspy_free(first);
  const bool gone = heap->DidAlloc(first) == 0 && mallocspy_owns(second) == 0;
  std::printf("sizes %s, frees %s\n", exact ? "exact" : "WRONG", gone ? "seen" : "MISSED");
  return exact && gone ? 0 : 1;
}
