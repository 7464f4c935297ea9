// SPDX-License-Identifier: MIT
// Whose malloc does a process have that links mallocspy? program installed|built_in static|shared
// What is expected here is what the documentation tells users.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <mallocspy/mallocspy.hpp>
#include <new>

namespace {

// returns: whether the function that the dynamic linker chose for this name is mimalloc's
bool is_of_mimalloc(const char* name) {
  void* function = dlsym(RTLD_DEFAULT, name);
  Dl_info info{};
  const bool found = function != nullptr && dladdr(function, &info) != 0;
  std::printf("%-8s %s\n", name, found ? info.dli_fname : "(none)");
  return found && std::strstr(info.dli_fname, "mimalloc") != nullptr;
}

// returns: whether mimalloc says that the block is its own; false where mimalloc is hidden, as it is when built in
bool lies_in_mimalloc(const void* block) {
  using question = bool (*)(const void*);
  auto ask = reinterpret_cast<question>(dlsym(RTLD_DEFAULT, "mi_is_in_heap_region"));
  return ask != nullptr && ask(block);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: program installed|built_in static|shared\n", stderr);
    return 2;
  }
  const bool expected = std::strcmp(argv[1], "installed") == 0 && std::strcmp(argv[2], "static") == 0;

  void* task_block = mallocspy::CoTaskMemAlloc(27);
  void* block = std::malloc(119);
  void* object = ::operator new(53);
  const bool chosen = is_of_mimalloc("malloc") && is_of_mimalloc("free") && is_of_mimalloc("_Znwm");
  const bool answered = lies_in_mimalloc(block) && lies_in_mimalloc(object);
  const bool ours = mallocspy::owns(block) || mallocspy::owns(object); // never: only the task allocator's blocks are
  std::printf("malloc is %s; its blocks lie %s mimalloc\n", chosen ? "mimalloc's" : "the C library's",
              answered ? "in" : "outside");
  ::operator delete(object);
  std::free(block);
  mallocspy::CoTaskMemFree(task_block);
  return chosen == expected && answered == expected && !ours ? 0 : 1;
}
