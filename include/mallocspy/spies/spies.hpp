// SPDX-License-Identifier: MIT
// Layer 5, spies: ready-made spies, and what they are made of.
// May include: contract, blocks.
#pragma once

#include <mallocspy/spies/call_stack.hpp>
