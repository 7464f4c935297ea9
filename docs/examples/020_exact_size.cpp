// SPDX-License-Identifier: MIT
// The allocator knows the exact size of every block, and of every pointer whether it is one.
#include <cstdio>
#include <mallocspy/mallocspy.hpp>

using namespace mallocspy;

int main() {
  IMalloc* allocator = nullptr;
  CoGetMalloc(MEMCTX_TASK, &allocator);
  auto* block = static_cast<char*>(allocator->Alloc(53));
  const SIZE_T before = allocator->GetSize(block);
  block = static_cast<char*>(allocator->Realloc(block, 119));
  const SIZE_T after = allocator->GetSize(block);
  const int start = allocator->DidAlloc(block);       // 1: a live block starts here
  const int inside = allocator->DidAlloc(block + 16); // 0: inside of one
  const int local = allocator->DidAlloc(&allocator);  // 0: not of this allocator
  allocator->Free(block);
  const int freed = allocator->DidAlloc(block); // 0: the pointer is only a number, nothing behind it is read
  allocator->Release();
  std::printf("%zu bytes, then %zu; block %d, interior %d, stack %d, freed %d\n", before, after, start, inside, local,
              freed);
  return before == 53 && after == 119 && start == 1 && inside == 0 && local == 0 && freed == 0 ? 0 : 1;
}
