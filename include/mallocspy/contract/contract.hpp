// SPDX-License-Identifier: MIT
// Layer 1, contract: types, result codes, identifiers and the three interfaces. No code to link.
// May include: the standard library only.
//
// Every declaration of this project is documented with the same five words:
//   effects  what it does, with units
//   returns  what comes back
//   errors   what can go wrong and how it is told
//   threads  who may call it, and when
//   source   COM or Win32 (a published contract, spelled as there) or ours
// The methods that a spy implements also say: called, not called, must not.
#pragma once

#include <mallocspy/contract/identifiers.hpp>
#include <mallocspy/contract/imalloc.hpp>
#include <mallocspy/contract/imallocspy.hpp>
#include <mallocspy/contract/iunknown.hpp>
#include <mallocspy/contract/memory_context.hpp>
#include <mallocspy/contract/result.hpp>
#include <mallocspy/contract/types.hpp>
