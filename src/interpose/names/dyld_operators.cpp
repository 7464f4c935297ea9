// SPDX-License-Identifier: MIT
// macOS: all forms of operator new and operator delete that the C++ library exports, as all other modules of the process
// find them. Runs inside hooks: never allocates from what is hooked, takes no lock without a spy.
#include "interpose/mismatches.hpp"
#include "interpose/names/dyld_entry.hpp"
#include "interpose/names/dyld_tuple.hpp"
#include "interpose/operators.hpp"

#include <new>

using namespace mallocspy::interpose;

namespace {

using std::align_val_t;
using std::nothrow_t;
using std::size_t;

// What the forms are made of. `frame`: of the form that was called. The plain operators are the C++ library's here.

void* make(size_t size, const void* frame) {
  const dyld_entry here(frame);
  return here.allocates() ? cpp_new(size) : ::operator new(size);
}

void* make(size_t size, align_val_t alignment, const void* frame) {
  const dyld_entry here(frame);
  return here.allocates() ? cpp_new_aligned(size, static_cast<size_t>(alignment)) : ::operator new(size, alignment);
}

void* make_array(size_t size, const void* frame) {
  void* p = make(size, frame);
  if (tells_mismatches()) {
    becomes_array(p, origin::array);
  }
  return p;
}

void* make_array(size_t size, align_val_t alignment, const void* frame) {
  void* p = make(size, alignment, frame);
  if (tells_mismatches()) {
    becomes_array(p, origin::aligned_array);
  }
  return p;
}

void give_back(void* p, const void* frame) noexcept {
  const dyld_entry here(frame);
  here.is_in_force() ? cpp_delete(p) : ::operator delete(p);
}

void give_back(void* p, align_val_t alignment, const void* frame) noexcept {
  const dyld_entry here(frame);
  here.is_in_force() ? cpp_delete_aligned(p) : ::operator delete(p, alignment);
}

void give_back_array(void* p, const void* frame) noexcept {
  if (tells_mismatches()) {
    check_array(p, origin::array, "operator delete[]");
  }
  give_back(p, frame);
}

void give_back_array(void* p, align_val_t alignment, const void* frame) noexcept {
  if (tells_mismatches()) {
    check_array(p, origin::aligned_array, "operator delete[] with an alignment");
  }
  give_back(p, alignment, frame);
}

template <class Make> void* or_null(Make make_it) noexcept {
  try {
    return make_it();
  } catch (...) {
    return nullptr;
  }
}

// The forms, as the C++ library has them.

void* new_plain(size_t size) {
  return make(size, __builtin_frame_address(0));
}
void* new_aligned(size_t size, align_val_t alignment) {
  return make(size, alignment, __builtin_frame_address(0));
}
void* new_array(size_t size) {
  return make_array(size, __builtin_frame_address(0));
}
void* new_array_aligned(size_t size, align_val_t alignment) {
  return make_array(size, alignment, __builtin_frame_address(0));
}
void* new_nothrow(size_t size, const nothrow_t&) noexcept {
  const void* frame = __builtin_frame_address(0);
  return or_null([=] { return make(size, frame); });
}
void* new_aligned_nothrow(size_t size, align_val_t alignment, const nothrow_t&) noexcept {
  const void* frame = __builtin_frame_address(0);
  return or_null([=] { return make(size, alignment, frame); });
}
void* new_array_nothrow(size_t size, const nothrow_t&) noexcept {
  const void* frame = __builtin_frame_address(0);
  return or_null([=] { return make_array(size, frame); });
}
void* new_array_aligned_nothrow(size_t size, align_val_t alignment, const nothrow_t&) noexcept {
  const void* frame = __builtin_frame_address(0);
  return or_null([=] { return make_array(size, alignment, frame); });
}

void delete_plain(void* p) noexcept {
  give_back(p, __builtin_frame_address(0));
}
void delete_aligned(void* p, align_val_t alignment) noexcept {
  give_back(p, alignment, __builtin_frame_address(0));
}
void delete_array(void* p) noexcept {
  give_back_array(p, __builtin_frame_address(0));
}
void delete_array_aligned(void* p, align_val_t alignment) noexcept {
  give_back_array(p, alignment, __builtin_frame_address(0));
}
void delete_nothrow(void* p, const nothrow_t&) noexcept {
  give_back(p, __builtin_frame_address(0));
}
void delete_aligned_nothrow(void* p, align_val_t alignment, const nothrow_t&) noexcept {
  give_back(p, alignment, __builtin_frame_address(0));
}
void delete_array_nothrow(void* p, const nothrow_t&) noexcept {
  give_back_array(p, __builtin_frame_address(0));
}
void delete_array_aligned_nothrow(void* p, align_val_t alignment, const nothrow_t&) noexcept {
  give_back_array(p, alignment, __builtin_frame_address(0));
}
void delete_sized(void* p, size_t size) noexcept {
  if (tells_mismatches()) {
    check_size(p, size, "operator delete");
  }
  give_back(p, __builtin_frame_address(0));
}
void delete_array_sized(void* p, size_t size) noexcept {
  if (tells_mismatches()) {
    check_size(p, size, "operator delete[]");
  }
  give_back_array(p, __builtin_frame_address(0));
}
void delete_sized_aligned(void* p, size_t size, align_val_t alignment) noexcept {
  if (tells_mismatches()) {
    check_size(p, size, "operator delete");
  }
  give_back(p, alignment, __builtin_frame_address(0));
}
void delete_array_sized_aligned(void* p, size_t size, align_val_t alignment) noexcept {
  if (tells_mismatches()) {
    check_size(p, size, "operator delete[]");
  }
  give_back_array(p, alignment, __builtin_frame_address(0));
}

using makes = void*(size_t);
using makes_aligned = void*(size_t, align_val_t);
using makes_or_null = void*(size_t, const nothrow_t&) noexcept;
using makes_aligned_or_null = void*(size_t, align_val_t, const nothrow_t&) noexcept;
using frees = void(void*) noexcept;
using frees_aligned = void(void*, align_val_t) noexcept;
using frees_nothrow = void(void*, const nothrow_t&) noexcept;
using frees_aligned_nothrow = void(void*, align_val_t, const nothrow_t&) noexcept;
using frees_sized = void(void*, size_t) noexcept;
using frees_sized_aligned = void(void*, size_t, align_val_t) noexcept;

MALLOCSPY_DYLD_TUPLE<makes> of_new{new_plain, ::operator new };
MALLOCSPY_DYLD_TUPLE<makes> of_new_array{new_array, ::operator new[] };
MALLOCSPY_DYLD_TUPLE<makes_aligned> of_new_aligned{new_aligned, ::operator new };
MALLOCSPY_DYLD_TUPLE<makes_aligned> of_new_array_aligned{new_array_aligned, ::operator new[] };
MALLOCSPY_DYLD_TUPLE<makes_or_null> of_new_nothrow{new_nothrow, ::operator new };
MALLOCSPY_DYLD_TUPLE<makes_or_null> of_new_array_nothrow{new_array_nothrow, ::operator new[] };
MALLOCSPY_DYLD_TUPLE<makes_aligned_or_null> of_new_aligned_nothrow{new_aligned_nothrow, ::operator new };
MALLOCSPY_DYLD_TUPLE<makes_aligned_or_null> of_new_array_aligned_nothrow{new_array_aligned_nothrow, ::operator new[] };
MALLOCSPY_DYLD_TUPLE<frees> of_delete{delete_plain, ::operator delete };
MALLOCSPY_DYLD_TUPLE<frees> of_delete_array{delete_array, ::operator delete[] };
MALLOCSPY_DYLD_TUPLE<frees_aligned> of_delete_aligned{delete_aligned, ::operator delete };
MALLOCSPY_DYLD_TUPLE<frees_aligned> of_delete_array_aligned{delete_array_aligned, ::operator delete[] };
MALLOCSPY_DYLD_TUPLE<frees_nothrow> of_delete_nothrow{delete_nothrow, ::operator delete };
MALLOCSPY_DYLD_TUPLE<frees_nothrow> of_delete_array_nothrow{delete_array_nothrow, ::operator delete[] };
MALLOCSPY_DYLD_TUPLE<frees_aligned_nothrow> of_delete_aligned_nothrow{delete_aligned_nothrow, ::operator delete };
MALLOCSPY_DYLD_TUPLE<frees_aligned_nothrow> of_delete_array_aligned_nothrow{delete_array_aligned_nothrow,
                                                                            ::operator delete[] };
MALLOCSPY_DYLD_TUPLE<frees_sized> of_delete_sized{delete_sized, ::operator delete };
MALLOCSPY_DYLD_TUPLE<frees_sized> of_delete_array_sized{delete_array_sized, ::operator delete[] };
MALLOCSPY_DYLD_TUPLE<frees_sized_aligned> of_delete_sized_aligned{delete_sized_aligned, ::operator delete };
MALLOCSPY_DYLD_TUPLE<frees_sized_aligned> of_delete_array_sized_aligned{delete_array_sized_aligned, ::operator delete[] };

} // namespace
