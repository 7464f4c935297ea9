// SPDX-License-Identifier: MIT
// One spy at a time is registered with the task allocator.
// source: COM
#pragma once

#include <mallocspy/contract/contract.hpp>
#include <mallocspy/contract/export.h>

namespace mallocspy {

// effects: from now on every call to the task allocator, from any thread and any source, goes through the spy. Asks
//   pMallocSpy once for IID_IMallocSpy and keeps the reference that this adds; no other AddRef follows. Blocks that exist
//   already are unspied
// returns: S_OK; E_INVALIDARG if pMallocSpy is null or does not answer IID_IMallocSpy; CO_E_OBJISREG if a spy is
//   registered, even if its revocation is pending (pMallocSpy is not asked then)
// threads: any; of two at once one wins
MALLOCSPY_API HRESULT CoRegisterMallocSpy(IMallocSpy* pMallocSpy);

// effects: takes the spy off and releases it, exactly once. While blocks allocated under the spy live, or when called from
//   inside a hook, the revocation is only noted as pending: the spy goes on seeing every call, new blocks included, and is
//   taken off and released by itself at the end of the operation that leaves no spied block behind
// returns: S_OK; E_ACCESSDENIED if it is pending; CO_E_OBJNOTREG if no spy is registered
// threads: any. Waits for operations of other threads that are inside the spy
// The end of the process neither calls nor releases a registered spy; what destructors still allocate and free, it sees.
MALLOCSPY_API HRESULT CoRevokeMallocSpy();

} // namespace mallocspy
