// SPDX-License-Identifier: MIT
// Frees a block of operator new with free. Says nothing itself.
#include <cstdlib>
#include <new>

int main() {
  void* (*volatile make)(std::size_t) = &::operator new;
  void (*volatile release)(void*) = &std::free;
  release(make(27));
  return 0;
}
