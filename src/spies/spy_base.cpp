// SPDX-License-Identifier: MIT
#include "blocks/line.hpp"
#include "blocks/method_table.hpp"

#include <cstdlib>
#include <mallocspy/spies/spy_base.hpp>

namespace mallocspy {

void spy_base::destroyed_too_early() noexcept {
  blocks::line()
      .text("a spy is destroyed while it is registered, or blocks of it are alive: revoke it and free them first, or make "
            "it with make_spy")
      .write();
  std::abort();
}

SIZE_T spy_base::PreAlloc(SIZE_T cbRequest) {
  return cbRequest;
}

void* spy_base::PostAlloc(void* pActual) {
  return pActual;
}

void* spy_base::PreFree(void* pRequest, BOOL) {
  return pRequest;
}

void spy_base::PostFree(BOOL) {}

const void* spy_base::method_table(const IMallocSpy* spy) noexcept {
  return blocks::method_table(spy);
}

void spy_base::tell_host(const IMallocSpy* spy, const void* passing) noexcept {
  blocks::told_by_spy = {spy, passing, 0};
}

} // namespace mallocspy
