// SPDX-License-Identifier: MIT
// Lua runs a script with all of its memory from the functions of C. Lua tells the size of each block that it gives back or
// resizes: it must be the one that we remember.
#include <mallocspy/mallocspy.h>

#include "observing_spy.hpp"
#include "support/catch.hpp"

#include <lua.hpp>
#include <string>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

struct told_sizes {
  std::size_t compared = 0;
  std::size_t wrong = 0;
};

void* allocate(void* user, void* block, std::size_t old_size, std::size_t new_size) {
  auto* told = static_cast<told_sizes*>(user);
  if (block != nullptr) {
    ++told->compared;
    told->wrong += mallocspy_size(block) == old_size ? 0U : 1U;
  }
  if (new_size == 0) {
    mallocspy_free(block);
    return nullptr;
  }
  return mallocspy_realloc(block, new_size);
}

const char script[] = R"lua(
  local sieve, primes = {}, {}
  for i = 2, 5000 do
    if not sieve[i] then
      primes[#primes + 1] = i
      for j = i * i, 5000, i do sieve[j] = true end
    end
  end
  local words = {}
  for i, p in ipairs(primes) do words[i] = ("%d:%s"):format(p, ("x"):rep(p % 53)) end
  local text = table.concat(words, ",")
  local count = 0
  for word in text:gmatch("[^,]+") do count = count + 1 end
  local co = coroutine.wrap(function() for i = 1, 27 do coroutine.yield(i) end end)
  local sum = 0
  for i = 1, 27 do sum = sum + co() end
  collectgarbage()
  return #primes, count, #text, sum
)lua";

} // namespace

TEST_CASE("Lua runs with our memory and gives all of it back", "[adapters][c][lua]") {
  observing_spy spy;
  scoped_spy registration(&spy);
  REQUIRE(registration);
  told_sizes told;
  lua_State* lua = lua_newstate(allocate, &told);
  REQUIRE(lua != nullptr);
  luaL_openlibs(lua);
  const int status = luaL_dostring(lua, script);
  CHECK(status == LUA_OK);
  if (status == LUA_OK) {
    CHECK(lua_tointeger(lua, -4) == 669); // primes below 5000
    CHECK(lua_tointeger(lua, -3) == 669);
    CHECK(lua_tointeger(lua, -1) == 27 * 28 / 2);
  } else {
    UNSCOPED_INFO(lua_tostring(lua, -1));
  }
  CHECK(spy.live.size() > 100);
  lua_close(lua);
  CHECK(told.compared > 1000);
  CHECK(told.wrong == 0);
  CHECK(spy.live.empty());
  CHECK(registration.revoke() == S_OK);
}

TEST_CASE("Lua reports a refused allocation as its own error", "[adapters][c][lua]") {
  observing_spy spy;
  scoped_spy registration(&spy);
  told_sizes told;
  lua_State* lua = lua_newstate(allocate, &told);
  REQUIRE(lua != nullptr);
  luaL_openlibs(lua);
  REQUIRE(luaL_loadstring(lua, script) == LUA_OK);
  spy.refuses = true;
  CHECK(lua_pcall(lua, 0, 0, 0) == LUA_ERRMEM);
  spy.refuses = false;
  lua_close(lua);
  CHECK(told.wrong == 0);
  CHECK(spy.live.empty());
}
