// SPDX-License-Identifier: MIT
// The subjects by name: what is compared, which worker holds it, and what must be preloaded for it.
// To add one: a struct of static functions in this folder, its name in the list of its worker, and a line here.
#pragma once

#include <array>

namespace mallocspy::bench {

struct subject_info {
  const char* name;
  const char* title;
  const char* worker;                   // the program that holds it
  std::array<const char*, 3> preloaded; // libraries of which one is preloaded, the first that is found; all null: none
  bool is_heap = false;                 // a heap beside the program's memory: it runs the workloads for heaps only
};

inline constexpr const char* mallocspy_worker = "bench_worker_mallocspy";
inline constexpr const char* malloc_worker = "bench_worker_malloc";
inline constexpr const char* interposed_worker =
    "bench_worker_interposed"; // missing where there is no mallocspy::interpose

// The first is what the others are divided by.
inline constexpr subject_info subject_table[] = {
    {"mimalloc", "raw mimalloc", mallocspy_worker, {}},
    {"mallocspy", "mallocspy without a spy", mallocspy_worker, {}},
    {"revoked", "mallocspy after a spy was revoked", mallocspy_worker, {}},
    {"classic", "mallocspy under a pass-through spy with the lock", mallocspy_worker, {}},
    {"concurrent", "mallocspy under a counting spy without the lock", mallocspy_worker, {}},
    {"derived", "mallocspy under the same counting spy, derived from spy_base", mallocspy_worker, {}},
    {"unhooked", "mallocspy under a spy derived from spy_base that overrides nothing", mallocspy_worker, {}},
    {"mi_heap", "a heap of raw mimalloc", mallocspy_worker, {}, true},
    {"heap", "a private heap without locks", mallocspy_worker, {}, true},
    {"heap_locked", "a serialized private heap", mallocspy_worker, {}, true},
    {"interposed", "malloc where mallocspy::interpose is linked", interposed_worker, {}},
    {"mi_as_malloc",
     "malloc where mimalloc is preloaded",
     malloc_worker,
     {"libmimalloc.so.2", "libmimalloc.so.3", "libmimalloc.so"}},
    {"glibc", "the C library's malloc", malloc_worker, {}},
    {"jemalloc", "jemalloc", malloc_worker, {"libjemalloc.so.2", "libjemalloc.so.1", "libjemalloc.so"}},
    {"tcmalloc", "tcmalloc", malloc_worker, {"libtcmalloc_minimal.so.4", "libtcmalloc.so.4", "libtcmalloc.so"}},
};

} // namespace mallocspy::bench
