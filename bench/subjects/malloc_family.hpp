// SPDX-License-Identifier: MIT
// Whatever malloc is in force in the process: the C library's, or one that is preloaded. Checked, not believed.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <initializer_list>
#include <malloc.h>

namespace mallocspy::bench {

// Exit status of a worker in which another malloc is in force than the subject's.
inline constexpr int exit_other_malloc = 3;

// effects: ends the worker unless `function` comes from a library whose file name starts with `library`
inline void must_come_from(const char* function, const char* library) {
  Dl_info found{};
  void* symbol = dlsym(RTLD_DEFAULT, function);
  const bool known = symbol != nullptr && dladdr(symbol, &found) != 0 && found.dli_fname != nullptr;
  const char* file = known ? found.dli_fname : "an unknown module";
  const char* slash = std::strrchr(file, '/');
  const char* base = slash == nullptr ? file : slash + 1;
  if (std::strncmp(base, library, std::strlen(library)) != 0) {
    std::fprintf(stderr, "bench worker: %s comes from %s, not from %s\n", function, file, library);
    std::_Exit(exit_other_malloc);
  }
}

// The whole family: a library that replaces only a part of it would be measured wrongly.
inline void family_must_come_from(const char* library) {
  for (const char* function : {"malloc", "realloc", "free", "aligned_alloc", "malloc_usable_size"}) {
    must_come_from(function, library);
  }
}

struct malloc_family {
  static void* alloc(std::size_t size) {
    return std::malloc(size);
  }
  static void* realloc(void* block, std::size_t size) {
    return std::realloc(block, size);
  }
  static void free(void* block) {
    std::free(block);
  }
  static void* aligned(std::size_t alignment, std::size_t size) {
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment); // as C11 demands
  }
  static std::size_t size(void* block) {
    return malloc_usable_size(block);
  }
};

// The worker's own: mallocspy::interpose is linked into it.
struct interposed : malloc_family {
  static constexpr const char* name = "interposed";
  struct in_force {
    in_force() {
      family_must_come_from("bench_worker_interposed");
    }
  };
};

struct mi_as_malloc : malloc_family {
  static constexpr const char* name = "mi_as_malloc";
  struct in_force {
    in_force() {
      family_must_come_from("libmimalloc");
    }
  };
};

struct glibc : malloc_family {
  static constexpr const char* name = "glibc";
  struct in_force {
    in_force() {
      family_must_come_from("libc.so");
    }
  };
};

struct jemalloc : malloc_family {
  static constexpr const char* name = "jemalloc";
  struct in_force {
    in_force() {
      family_must_come_from("libjemalloc");
    }
  };
};

struct tcmalloc : malloc_family {
  static constexpr const char* name = "tcmalloc";
  struct in_force {
    in_force() {
      family_must_come_from("libtcmalloc");
    }
  };
};

} // namespace mallocspy::bench
