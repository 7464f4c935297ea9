// SPDX-License-Identifier: MIT
// The programs that are run under the trackers, over any memory functions.
#pragma once

#include "tracking/expressions.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#if MALLOCSPY_BENCH_LUA
#include "workloads/lua_tables.hpp"
#endif

namespace mallocspy::bench {

template <class Memory> std::uint64_t run_program_once(const std::string& name) {
  if (name == "expressions") {
    return expressions<Memory>::run(27);
  }
#if MALLOCSPY_BENCH_LUA
  if (name == "lua") {
    lua_State* lua = lua_newstate(lua_resize<Memory>, nullptr);
    luaL_openlibs(lua);
    const bool right = luaL_dostring(lua, lua_program) == LUA_OK && lua_tointeger(lua, -1) == 20;
    lua_close(lua);
    return right ? 20 : 0;
  }
#endif
  return 0;
}

inline double seconds_now() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// effects: runs the program once to warm up, then `times` times, and prints the seconds of the shortest run: of the
//   processor, for this thread
template <class Memory> int time_program(const std::string& name, int times) {
  const std::uint64_t answer = run_program_once<Memory>(name);
  if (answer == 0) {
    std::fprintf(stderr, "bench: there is no program %s, or it gave a wrong answer\n", name.c_str());
    return 2;
  }
  double best = 1e9;
  for (int i = 0; i < times; ++i) {
    const double start = seconds_now();
    const bool same = run_program_once<Memory>(name) == answer;
    best = std::min(best, seconds_now() - start);
    if (!same) {
      std::fprintf(stderr, "bench: %s gave another answer\n", name.c_str());
      return 2;
    }
  }
  std::printf("seconds %.9f\n", best);
  return 0;
}

} // namespace mallocspy::bench
