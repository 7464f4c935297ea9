// SPDX-License-Identifier: MIT
// plugin.c, loaded in one way or the other.
#pragma once

#include "support/catch.hpp"

#include <cstddef>
#include <dlfcn.h>

namespace mallocspy::tests {

class plugin {
public:
  explicit plugin(int flags) : m_library(dlopen(MALLOCSPY_TEST_PLUGIN, RTLD_NOW | RTLD_LOCAL | flags)) {
    REQUIRE(m_library != nullptr);
    find(alloc, "plugin_alloc");
    find(alloc_elsewhere, "plugin_alloc_elsewhere");
    find(release, "plugin_free");
    find(copy, "plugin_copy");
    find(release_by_old_name, "plugin_free_by_old_name");
  }
  plugin(const plugin&) = delete;
  plugin& operator=(const plugin&) = delete;
  ~plugin() {
    dlclose(m_library);
  }

  void* (*alloc)(std::size_t) = nullptr;
  void* (*alloc_elsewhere)(std::size_t) = nullptr;
  void (*release)(void*) = nullptr;
  char* (*copy)(const char*) = nullptr;
  void (*release_by_old_name)(void*) = nullptr;

private:
  template <class Function> void find(Function*& found, const char* name) {
    found = reinterpret_cast<Function*>(dlsym(m_library, name));
    REQUIRE(found != nullptr);
  }

  void* m_library;
};

} // namespace mallocspy::tests
