// SPDX-License-Identifier: MIT
// The operations of IMalloc under a spy: Pre, the raw operation, Post, and the bookkeeping between them.
// Runs inside hooks: never allocates from what is hooked. Under a classic spy the lock is held from Pre to Post.
#pragma once

#include <mallocspy/blocks/request_info.hpp>
#include <mallocspy/contract/types.hpp>

namespace mallocspy::task {

// The request comes first, so that a method of IMalloc passes its own arguments on where they are.
// effects, returns: as the method of IMalloc of the same name, as the spy decides. If the spy was taken off since the
//   caller looked, the raw operation alone
void* spied_alloc(const request_info& request, SIZE_T cb);
void* spied_realloc(const request_info& request, void* pv, SIZE_T cb);
void spied_free(const request_info& request, void* pv);
SIZE_T spied_get_size(const request_info& request, void* pv);
int spied_did_alloc(const request_info& request, void* pv);
void spied_heap_minimize(const request_info& request);

// The same for doors that have something left to do afterwards, and so cannot end in a jump: with the frame of the function
// that returns to the client (blocks/thread_words.hpp).
void* spied_alloc(const request_info& request, SIZE_T cb, const void* client_frame);
void* spied_realloc(const request_info& request, void* pv, SIZE_T cb, const void* client_frame);
void spied_free(const request_info& request, void* pv, const void* client_frame);

} // namespace mallocspy::task
