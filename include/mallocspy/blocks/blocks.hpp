// SPDX-License-Identifier: MIT
// Layer 2, blocks: bytes from mimalloc, with the requested size and the owner of every block remembered.
// May include: contract.
#pragma once

#include <mallocspy/blocks/misuse.hpp>
#include <mallocspy/blocks/ownership.hpp>
#include <mallocspy/blocks/request_info.hpp>
