// SPDX-License-Identifier: MIT
// Lua on the task allocator: it asks for all its memory through one function.
#include <cstdio>
#include <lua.hpp>
#include <mallocspy/mallocspy.h>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>

static void* allocate_for_lua(void*, void* block, std::size_t, std::size_t size) {
  if (size == 0) {
    mallocspy_free(block); // Lua frees null pointers too
    return nullptr;
  }
  return mallocspy_realloc(block, size);
}

int main() {
  mallocspy::statistics spy;
  const mallocspy::scoped_spy registration(&spy);
  lua_State* lua = lua_newstate(allocate_for_lua, nullptr);
  luaL_openlibs(lua);
  const int failed = luaL_dostring(lua, "t = {} for i = 1, 100 do t[i] = ('x'):rep(i) end return #table.concat(t)");
  const lua_Integer answer = lua_tointeger(lua, -1);
  const int lua_counts = lua_gc(lua, LUA_GCCOUNT) * 1024 + lua_gc(lua, LUA_GCCOUNTB);
  const auto spy_counts = static_cast<int>(spy.counts().live_bytes);
  lua_close(lua);
  std::printf("1 + 2 + ... + 100 = %lld; Lua holds %d bytes and counts %d\n", static_cast<long long>(answer), spy_counts,
              lua_counts);
  return failed == 0 && answer == 5050 && spy_counts == lua_counts && spy.counts().live_blocks == 0 ? 0 : 1;
}
