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

inline double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// effects: runs the program once to warm up, then `times` times, and prints the seconds of the shortest run: of the
//   processor, for this thread, and by the clock on the wall
template <class Memory> int time_program(const std::string& name, int times) {
  const std::uint64_t answer = run_program_once<Memory>(name);
  if (answer == 0) {
    std::fprintf(stderr, "bench: there is no program %s, or it gave a wrong answer\n", name.c_str());
    return 2;
  }
  double processor = 1e9;
  double wall = 1e9;
  for (int i = 0; i < times; ++i) {
    const double processor_start = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    const double wall_start = seconds_of(CLOCK_MONOTONIC);
    const bool same = run_program_once<Memory>(name) == answer;
    processor = std::min(processor, seconds_of(CLOCK_THREAD_CPUTIME_ID) - processor_start);
    wall = std::min(wall, seconds_of(CLOCK_MONOTONIC) - wall_start);
    if (!same) {
      std::fprintf(stderr, "bench: %s gave another answer\n", name.c_str());
      return 2;
    }
  }
  std::printf("seconds %.9f wall %.9f\n", processor, wall);
  return 0;
}

} // namespace mallocspy::bench
