// SPDX-License-Identifier: MIT
// Wrong pointers change nothing, and a handler of your own hears of them.
#include <cstdio>
#include <mallocspy/mallocspy.hpp>

using namespace mallocspy;

static misuse last{};

static misuse_action remember(const misuse& m) {
  last = m;
  return misuse_action::go_on; // or abort
}

int main() {
  set_misuse_handler(remember);
  auto* block = static_cast<char*>(CoTaskMemAlloc(53));
  CoTaskMemFree(block + 7);
  const bool interior = last.kind == misuse_kind::interior && last.block == block && last.offset == 7 && last.size == 53;
  int local = 0;
  CoTaskMemFree(&local);
  const bool foreign = last.kind == misuse_kind::not_a_block && last.pointer == &local;
  const bool unharmed = owns(block) && requested_size(block) == 53;
  CoTaskMemFree(block);
  CoTaskMemFree(block);
  const bool twice = last.kind == misuse_kind::freed_before && last.pointer == block;
  std::printf("interior %d, foreign %d, freed twice %d\n", interior, foreign, twice);
  return interior && foreign && unharmed && twice ? 0 : 1;
}
