// SPDX-License-Identifier: MIT
// A whole program: the Lua interpreter builds tables and strings, drops most of them, and collects.
#pragma once

#include <benchmark/benchmark.h>
#include <cstdlib>
#include <lua.hpp>

namespace mallocspy::bench {

inline constexpr const char* lua_program = R"(
  local kept = {}
  for round = 1, 4 do
    local people = {}
    for i = 1, 800 do
      people[i] = { name = "n" .. i * round, friends = {}, at = { x = i, y = i * round } }
    end
    for i = 1, #people do
      local f = people[i].friends
      for k = 1, i % 7 do f[#f + 1] = people[(i * k) % #people + 1].name end
    end
    local names = {}
    for i, p in ipairs(people) do names[#names + 1] = table.concat(p.friends, ",") .. p.at.x end
    kept[round] = people[round]
    people = nil
    collectgarbage()
  end
  local sum = 0
  for _, p in ipairs(kept) do sum = sum + p.at.x + #p.friends end
  return sum
)";

template <class Subject> void* lua_resize(void*, void* block, std::size_t, std::size_t size) {
  if (size == 0) {
    Subject::free(block);
    return nullptr;
  }
  return Subject::realloc(block, size);
}

template <class Subject> void lua_tables(benchmark::State& state) {
  for (auto _ : state) {
    lua_State* lua = lua_newstate(lua_resize<Subject>, nullptr);
    luaL_openlibs(lua);
    if (luaL_dostring(lua, lua_program) != LUA_OK || lua_tointeger(lua, -1) != 20) {
      state.SkipWithError("the Lua program gave another answer");
      lua_close(lua);
      break;
    }
    lua_close(lua);
  }
  state.SetItemsProcessed(state.iterations());
}

} // namespace mallocspy::bench
