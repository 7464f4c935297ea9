// SPDX-License-Identifier: MIT
#include <cstdio>
#include <cstring>
#include <dependent.hpp>

int main() {
  mallocspy::IMalloc* owner = nullptr;
  char* copy = copy_for_caller("twenty-six characters long", &owner);
  const bool good = copy != nullptr && std::strcmp(copy, "twenty-six characters long") == 0 && owner->GetSize(copy) == 27;
  if (owner != nullptr) {
    owner->Free(copy);
  }
  std::puts(good ? "copied" : "WRONG");
  return good ? 0 : 1;
}
