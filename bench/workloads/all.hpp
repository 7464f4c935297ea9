// SPDX-License-Identifier: MIT
// Every workload over a subject. A subject is a struct of static functions (subjects/).
#pragma once

#include "workloads/aligned.hpp"
#include "workloads/churn.hpp"
#include "workloads/compile.hpp"
#include "workloads/growth.hpp"
#include "workloads/handoff.hpp"
#include "workloads/pair.hpp"
#include "workloads/teardown.hpp"
#if MALLOCSPY_BENCH_LUA
#include "workloads/lua_tables.hpp"
#endif
#if MALLOCSPY_BENCH_SQLITE
#include "workloads/sqlite_rows.hpp"
#endif

#include <string_view>

namespace mallocspy::bench {

using workload = void (*)(benchmark::State&);

struct runnable {
  workload function; // null: no such workload
  int threads;
  int iterations = 0; // 0: as many as fit into the time
};

// returns: the workload of that name, as in names.hpp
template <class Subject> runnable find_workload(std::string_view name) {
  struct entry {
    std::string_view name;
    runnable found;
  };
  const entry entries[] = {
    {"pair_32", {pair<Subject, 32>, 1}},
    {"pair_100", {pair<Subject, 100>, 1}},
    {"churn_1000", {churn<Subject, 1000>, 1}},
    {"churn_100000", {churn<Subject, 100000>, 1}},
    {"churn_2_threads", {churn<Subject, 1000>, 2}},
    {"churn_beside", {churn_beside_thread<Subject, 1000>, 1}},
    {"handoff", {handoff<Subject>, 2}},
    {"growth", {growth<Subject>, 1}},
    {"aligned", {aligned<Subject>, 1}},
    {"compile", {compile<Subject>, 1}},
#if MALLOCSPY_BENCH_LUA
    {"lua", {lua_tables<Subject>, 1}},
#endif
#if MALLOCSPY_BENCH_SQLITE
    {"sqlite", {sqlite_rows<Subject>, 1}},
#endif
    {"free_each", {free_each<Subject>, 1, 3}},
    {"destroy", {destroy_heap<Subject>, 1, 3}},
  };
  for (const entry& e : entries) {
    if (e.name == name) {
      return e.found;
    }
  }
  return {nullptr, 0};
}

} // namespace mallocspy::bench
