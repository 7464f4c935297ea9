// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "testing/spies/point_spy.hpp"

#include "blocks/hints.hpp"

#include <cerrno>

namespace mallocspy::testing_detail {

namespace {

// What a Pre leaves for its Post. Accounts are kept in children only, in which hooks are not nested.
__thread SIZE_T requested = 0;

} // namespace

bool point_spy::permits(SIZE_T size) noexcept {
  if (MALLOCSPY_UNLIKELY(run.is_armed()) && size != 0) { // a request of 0 bytes cannot be refused
    if (!run.permits(size)) {
      errno = ENOMEM;
      return false;
    }
    requested = size;
  }
  if (MALLOCSPY_UNLIKELY(by_input.is_armed()) && size != 0 && by_input.draws_failure()) {
    errno = ENOMEM;
    return false;
  }
  return true;
}

SIZE_T point_spy::PreAlloc(SIZE_T cbRequest) {
  return permits(cbRequest) ? cbRequest : 0;
}

void* point_spy::PostAlloc(void* pActual) {
  if (MALLOCSPY_UNLIKELY(run.keeps_account()) && pActual != nullptr) {
    run.credit(requested);
  }
  return pActual;
}

void* point_spy::PreFree(void* pRequest, BOOL) {
  if (MALLOCSPY_UNLIKELY(run.keeps_account()) && pRequest != nullptr) {
    run.debit(pRequest);
  }
  return pRequest;
}

SIZE_T point_spy::PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL) {
  *ppNewRequest = pRequest;
  if (cbRequest != 0 && !permits(cbRequest)) {
    return 0;
  }
  if (MALLOCSPY_UNLIKELY(run.keeps_account())) {
    run.debit(pRequest);
  }
  return cbRequest;
}

void* point_spy::PostRealloc(void* pActual, BOOL) {
  return PostAlloc(pActual);
}

} // namespace mallocspy::testing_detail
