// SPDX-License-Identifier: MIT
// A C++ program that knows nothing of mallocspy asks for too much: its handler is called, and it catches what is thrown.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <new>
#include <string>

namespace {

int calls = 0;

void give_up_at_third() {
  if (++calls == 3) {
    std::set_new_handler(nullptr);
  }
}

} // namespace

int main() {
  void* (*volatile make)(std::size_t) = &::operator new;
  const std::string text(5003, 'x');
  std::set_new_handler(give_up_at_third);
  try {
    make(static_cast<std::size_t>(PTRDIFF_MAX) + 1);
  } catch (const std::bad_alloc& failure) {
    std::printf("%d calls, %s, %d in flight\n", calls, failure.what(), std::uncaught_exceptions());
  }
  std::printf("%d in flight, %zu\n", std::uncaught_exceptions(), text.size());
  return calls == 3 ? 0 : 1;
}
