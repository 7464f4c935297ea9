// SPDX-License-Identifier: MIT
// All forms of operator new and operator delete. Weak: a program's own replacement wins, and the forms that it leaves out
// go through it, as the standard says. Runs inside hooks: never allocates from what is hooked, takes no lock without a spy.
#include "interpose/mismatches.hpp"
#include "interpose/names/own_addresses.hpp"
#include "interpose/operators.hpp"

#include <new>

#define MALLOCSPY_OPERATOR __attribute__((visibility("default"), weak))

using namespace mallocspy::interpose;

namespace {

bool asked() noexcept {
  return __builtin_expect(static_cast<long>(tells_mismatches()), 0L) != 0;
}

std::size_t in_bytes(std::align_val_t alignment) noexcept {
  return static_cast<std::size_t>(alignment);
}

} // namespace

// The four that the others are made of.

MALLOCSPY_OPERATOR void* operator new(std::size_t size) {
  return cpp_new(size);
}
MALLOCSPY_OPERATOR void* operator new(std::size_t size, std::align_val_t alignment) {
  return cpp_new_aligned(size, in_bytes(alignment));
}
MALLOCSPY_OPERATOR void operator delete(void* p) noexcept {
  cpp_delete(p);
}
MALLOCSPY_OPERATOR void operator delete(void* p, std::align_val_t) noexcept {
  cpp_delete_aligned(p);
}

// Arrays.

MALLOCSPY_OPERATOR void* operator new[](std::size_t size) {
  void* p = ::operator new(size);
  if (asked()) {
    becomes_array(p, origin::array);
  }
  return p;
}
MALLOCSPY_OPERATOR void* operator new[](std::size_t size, std::align_val_t alignment) {
  void* p = ::operator new(size, alignment);
  if (asked()) {
    becomes_array(p, origin::aligned_array);
  }
  return p;
}
MALLOCSPY_OPERATOR void operator delete[](void* p) noexcept {
  if (asked()) {
    check_array(p, origin::array, "operator delete[]");
  }
  ::operator delete(p);
}
MALLOCSPY_OPERATOR void operator delete[](void* p, std::align_val_t alignment) noexcept {
  if (asked()) {
    check_array(p, origin::aligned_array, "operator delete[] with an alignment");
  }
  ::operator delete(p, alignment);
}

// Those that return null instead of throwing. Whatever is thrown, as the standard says.

MALLOCSPY_OPERATOR void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return ::operator new(size);
  } catch (...) {
    return nullptr;
  }
}
MALLOCSPY_OPERATOR void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return ::operator new[](size);
  } catch (...) {
    return nullptr;
  }
}
MALLOCSPY_OPERATOR void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  try {
    return ::operator new(size, alignment);
  } catch (...) {
    return nullptr;
  }
}
MALLOCSPY_OPERATOR void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  try {
    return ::operator new[](size, alignment);
  } catch (...) {
    return nullptr;
  }
}
MALLOCSPY_OPERATOR void operator delete(void* p, const std::nothrow_t&) noexcept {
  ::operator delete(p);
}
MALLOCSPY_OPERATOR void operator delete[](void* p, const std::nothrow_t&) noexcept {
  ::operator delete[](p);
}
MALLOCSPY_OPERATOR void operator delete(void* p, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  ::operator delete(p, alignment);
}
MALLOCSPY_OPERATOR void operator delete[](void* p, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  ::operator delete[](p, alignment);
}

// Those that are told the size.

MALLOCSPY_OPERATOR void operator delete(void* p, std::size_t size) noexcept {
  if (asked()) {
    check_size(p, size, "operator delete");
  }
  ::operator delete(p);
}
MALLOCSPY_OPERATOR void operator delete[](void* p, std::size_t size) noexcept {
  if (asked()) {
    check_size(p, size, "operator delete[]");
  }
  ::operator delete[](p);
}
MALLOCSPY_OPERATOR void operator delete(void* p, std::size_t size, std::align_val_t alignment) noexcept {
  if (asked()) {
    check_size(p, size, "operator delete");
  }
  ::operator delete(p, alignment);
}
MALLOCSPY_OPERATOR void operator delete[](void* p, std::size_t size, std::align_val_t alignment) noexcept {
  if (asked()) {
    check_size(p, size, "operator delete[]");
  }
  ::operator delete[](p, alignment);
}

MALLOCSPY_SECOND_NAME("_Znwm") __attribute__((malloc, alloc_size(1))) void* mallocspy_own_new(std::size_t) noexcept;
MALLOCSPY_SECOND_NAME("_ZdlPv") void mallocspy_own_delete(void*) noexcept;
