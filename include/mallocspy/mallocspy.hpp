// SPDX-License-Identifier: MIT
// Everything that most programs need: the contract, the task allocator, registration, ownership and misuse.
#pragma once

#include <mallocspy/blocks/blocks.hpp>
#include <mallocspy/contract/contract.hpp>
#include <mallocspy/task/task.hpp>
