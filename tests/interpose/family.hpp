// SPDX-License-Identifier: MIT
// The malloc family and the operators as the tests call them: in a program that interposes under their own names,
// elsewhere, sanitizer builds among them, as the library's functions behind these.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <malloc.h>
#include <new>

#if !defined(MALLOCSPY_TEST_INTERPOSED)
#include "interpose/malloc_family.hpp"
#include "interpose/operators.hpp"
#endif

// Variables, so that the compiler cannot know what they call, and drops nothing.
namespace mallocspy::tests::family {

#if defined(MALLOCSPY_TEST_INTERPOSED)
extern "C" int reallocarr(void*, std::size_t, std::size_t);
extern "C" void* reallocf(void*, std::size_t);

inline auto alloc = &::malloc;
inline auto zeroed = &::calloc;
inline auto resize = &::realloc;
inline auto resize_array = &::reallocarray;
inline auto release = &::free;
inline auto posix_aligned = &::posix_memalign;
inline auto aligned = &::aligned_alloc;
inline auto memalign = &::memalign;
inline auto valloc = &::valloc;
inline auto pvalloc = &::pvalloc;
inline auto usable_size = &::malloc_usable_size;
inline auto resize_bsd = &reallocf;
inline auto resize_netbsd = &reallocarr;
inline auto make = static_cast<void* (*)(std::size_t)>(&::operator new);
inline auto make_by_alignment = static_cast<void* (*)(std::size_t, std::align_val_t)>(&::operator new);
inline auto destroy = static_cast<void (*)(void*)>(&::operator delete);
inline auto destroy_by_alignment = static_cast<void (*)(void*, std::align_val_t)>(&::operator delete);
inline void* make_aligned(std::size_t size, std::size_t alignment) {
  return make_by_alignment(size, std::align_val_t{alignment});
}
inline void destroy_aligned(void* p, std::size_t alignment) {
  destroy_by_alignment(p, std::align_val_t{alignment});
}
#else
inline auto alloc = &interpose::c_malloc;
inline auto zeroed = &interpose::c_calloc;
inline auto resize = &interpose::c_realloc;
inline auto resize_array = &interpose::c_reallocarray;
inline auto release = &interpose::c_free;
inline auto posix_aligned = &interpose::c_posix_memalign;
inline auto aligned = &interpose::c_aligned_alloc;
inline auto memalign = &interpose::c_memalign;
inline auto valloc = &interpose::c_valloc;
inline auto pvalloc = &interpose::c_pvalloc;
inline auto usable_size = &interpose::c_usable_size;
inline auto resize_bsd = &interpose::c_reallocf;
inline auto resize_netbsd = &interpose::c_reallocarr;
inline auto make = &interpose::cpp_new;
inline auto make_aligned = &interpose::cpp_new_aligned;
inline auto destroy = &interpose::cpp_delete;
inline void destroy_aligned(void* p, std::size_t) {
  interpose::cpp_delete_aligned(p);
}
#endif

} // namespace mallocspy::tests::family
