// SPDX-License-Identifier: MIT
// mallocspy under a spy, and after one: the spy is registered for as long as the subject is measured, or was before.
#pragma once

#include "subjects/counting_spy.hpp"
#include "subjects/pass_through_spy.hpp"
#include "subjects/task_memory.hpp"

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace mallocspy::bench {

// effects: ends the worker unless the call succeeded: a subject that is not what its name says must not be measured
inline void must_succeed(const char* call, HRESULT result) {
  if (FAILED(result)) {
    std::fprintf(stderr, "bench worker: %s returned 0x%08X\n", call, static_cast<unsigned>(result));
    std::_Exit(2);
  }
}

template <class Spy> class registered {
public:
  registered() {
    must_succeed("CoRegisterMallocSpy", CoRegisterMallocSpy(&m_spy));
  }
  ~registered() {
    must_succeed("CoRevokeMallocSpy", CoRevokeMallocSpy());
  }
  registered(const registered&) = delete;
  registered& operator=(const registered&) = delete;

private:
  Spy m_spy;
};

struct classic_spied : task_memory {
  static constexpr const char* name = "classic";
  using in_force = registered<pass_through_spy>;
};

struct concurrent_spied : task_memory {
  static constexpr const char* name = "concurrent";
  using in_force = registered<counting_spy>;
};

struct derived_spied : task_memory {
  static constexpr const char* name = "derived";
  using in_force = registered<derived_counting_spy>;
};

struct unhooked_spied : task_memory {
  static constexpr const char* name = "unhooked";
  using in_force = registered<spy_without_hooks>;
};

// Unspied again after spies of both kinds have seen some traffic: nothing of it may be left to pay for.
struct revoked : task_memory {
  static constexpr const char* name = "revoked";
  struct in_force {
    in_force() {
      see_traffic<pass_through_spy>();
      see_traffic<counting_spy>();
    }

  private:
    template <class Spy> static void see_traffic() {
      const registered<Spy> spy;
      std::vector<void*> blocks(1000);
      for (std::size_t i = 0; i < blocks.size(); ++i) {
        blocks[i] = CoTaskMemAlloc(i);
      }
      for (void* block : blocks) {
        CoTaskMemFree(block);
      }
    }
  };
};

} // namespace mallocspy::bench
