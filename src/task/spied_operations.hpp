// SPDX-License-Identifier: MIT
// The operations of IMalloc under a spy: Pre, the raw operation, Post, and the bookkeeping between them.
// Runs inside hooks: never allocates from what is hooked. Each holds the spy's lock while it runs.
#pragma once

#include <mallocspy/contract/types.hpp>
#include <mallocspy/task/request_info.hpp>

namespace mallocspy::task {

// effects, returns: as the method of IMalloc of the same name, as the spy decides. If the spy was taken off since the
// caller
//   looked, the raw operation alone
void* spied_alloc(SIZE_T cb, const request_info& request);
void* spied_realloc(void* pv, SIZE_T cb, const request_info& request);
void spied_free(void* pv, const request_info& request);
SIZE_T spied_get_size(void* pv, const request_info& request);
int spied_did_alloc(void* pv, const request_info& request);
void spied_heap_minimize(const request_info& request);

} // namespace mallocspy::task
