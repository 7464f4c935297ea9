// SPDX-License-Identifier: MIT
// The workloads by name, for the workers that run them and the driver that asks for them.
#pragma once

namespace mallocspy::bench {

// Which subjects a workload is for: those that are the memory of a whole program, heaps beside it, or both.
enum class audience { programs, heaps, both };

struct workload_info {
  const char* name;
  const char* title;
  bool core; // one of the five whose geometric mean the targets are about
  audience is_for = audience::programs;
};

inline constexpr workload_info workload_table[] = {
    {"pair_32", "32 bytes, allocated and freed at once", true, audience::both},
    {"pair_100", "100 bytes, allocated and freed at once", true, audience::both},
    {"churn_1000", "1,000 live blocks of mixed sizes, replaced at random", true, audience::both},
    {"churn_100000", "100,000 live blocks of mixed sizes, replaced at random", true},
    {"churn_2_threads", "churn_1000 on each of two threads", true},
    {"churn_beside", "churn_1000 while a second thread exists and sleeps", false},
    {"handoff", "blocks allocated by one thread and freed by another", false},
    {"growth", "buffers grown by realloc to 16 KiB", false},
    {"aligned", "blocks aligned to 32 to 4,096 bytes", false},
    {"compile", "a compiler's blocks: most die young, the rest at the end of a function", false},
#if MALLOCSPY_BENCH_LUA
    {"lua", "Lua builds and collects tables", false},
#endif
#if MALLOCSPY_BENCH_SQLITE
    {"sqlite", "SQLite inserts, indexes, joins and groups rows in memory", false},
#endif
    {"free_each", "a million blocks of a heap freed one by one, oldest first", false, audience::heaps},
    {"destroy", "the same heap destroyed with its blocks", false, audience::heaps},
};

} // namespace mallocspy::bench
