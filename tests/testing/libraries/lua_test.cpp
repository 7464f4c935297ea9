// SPDX-License-Identifier: MIT
// Lua: a script with tables, closures, strings, errors and coroutines. A request that is refused makes Lua collect garbage
// and ask once more, so a single failure is mostly tolerated, and a lasting one is an error of the script.
#include "testing/libraries/library_sweep.hpp"

#include <lua.hpp>
#include <mallocspy/mallocspy.h>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

void* allocate_for_lua(void*, void* block, std::size_t, std::size_t size) {
  if (size == 0) {
    mallocspy_free(block);
    return nullptr;
  }
  return mallocspy_realloc(block, size);
}

constexpr const char* script = R"lua(
  local words = {}
  for i = 1, 60 do words[#words + 1] = ("word %d"):format(i * 53 % 101) end
  local by_length = setmetatable({}, {__index = function(t, k) local new = {} rawset(t, k, new) return new end})
  for _, w in ipairs(words) do local list = by_length[#w] list[#list + 1] = w end
  local function each(t) return coroutine.wrap(function() for _, v in ipairs(t) do coroutine.yield(v) end end) end
  local out = {}
  for w in each(by_length[7]) do out[#out + 1] = w:upper():gsub("W", "%0%0") end
  assert(not pcall(error, {code = 53}))
  table.sort(out)
  return table.concat(out, ","):sub(1, 211)
)lua";

// In a protected call, so that a failure does not end the process.
int run_script(lua_State* lua) {
  luaL_openlibs(lua);
  if (luaL_loadstring(lua, script) != LUA_OK) {
    return lua_error(lua);
  }
  lua_call(lua, 0, 1);
  return 1;
}

sweep_outcome use_lua(std::string& answer) {
  answer.clear();
  lua_State* lua = lua_newstate(allocate_for_lua, nullptr);
  if (lua == nullptr) {
    return sweep_outcome::reported_error;
  }
  lua_pushcfunction(lua, run_script);
  const int code = lua_pcall(lua, 0, 1, 0);
  if (code == LUA_OK) {
    answer = lua_tostring(lua, -1);
  }
  lua_close(lua);
  static const std::string right = answer;
  return code != LUA_OK ? sweep_outcome::reported_error : answer == right ? sweep_outcome::correct : sweep_outcome::wrong;
}

} // namespace

TEST_CASE("Lua survives each lack of memory", "[testing][libraries]") {
  std::string answer;
  REQUIRE(use_lua(answer) == sweep_outcome::correct);
  REQUIRE(answer.find("WWORD") != std::string::npos);
  const sweep_result once = sweep_library("Lua", sweep_mode::once, [&] { return use_lua(answer); });
  check_all_in_snapshots(once);
  check_nothing_found(once);
  CHECK(once.count(verdict::tolerated) > once.count(verdict::clean));
  const sweep_result all = sweep_library("Lua", sweep_mode::all_after, [&] { return use_lua(answer); });
  check_all_in_snapshots(all);
  check_nothing_found(all);
  CHECK(all.count(verdict::clean) > all.count(verdict::tolerated));
}
