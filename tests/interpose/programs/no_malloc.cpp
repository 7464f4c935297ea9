// SPDX-License-Identifier: MIT
// A C++ program that names no allocation function, so that nothing in it asks the linker for one. What it calls allocates
// inside of libraries.
#include <cstdio>
#include <locale>

int main() {
  const std::locale made(std::locale::classic(), std::locale("C"), std::locale::numeric);
  std::FILE* file = std::fopen("/dev/null", "w");
  if (file == nullptr) {
    return 1;
  }
  std::fputs(made == std::locale::classic() ? "same" : "other", file);
  return std::fclose(file);
}
