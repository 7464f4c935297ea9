// SPDX-License-Identifier: MIT
// A program that replaces the two plain operators for itself, with a header in front of each object. The other forms, which
// are mallocspy's, must go through them. Exit status 0 if they did.
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wsized-deallocation" // left out on purpose
#endif

// By its name, since not every compiler declares it.
extern "C" void sized_delete(void*, std::size_t) __asm__("_ZdlPvm");

namespace {

int made = 0;
int destroyed = 0;
constexpr std::size_t header = 16;

} // namespace

void* operator new(std::size_t size) {
  ++made;
  void* p = std::malloc(size + header);
  if (p == nullptr) {
    throw std::bad_alloc();
  }
  return static_cast<char*>(p) + header;
}
void operator delete(void* p) noexcept {
  if (p != nullptr) {
    ++destroyed;
    std::free(static_cast<char*>(p) - header);
  }
}

int main() {
  void* (*volatile make_array)(std::size_t) = &::operator new[];
  void* (*volatile make_or_null)(std::size_t, const std::nothrow_t&) = &::operator new;
  void (*volatile destroy_sized)(void*, std::size_t) = &sized_delete;
  void (*volatile destroy_array)(void*) = &::operator delete[];
  made = 0;
  destroyed = 0;
  destroy_array(make_array(27));
  destroy_sized(make_or_null(53, std::nothrow), 53);
  { const std::string text(119, 'x'); }
  std::printf("%d made, %d destroyed\n", made, destroyed);
  return made == 3 && destroyed == 3 ? 0 : 1;
}
