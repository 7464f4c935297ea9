// SPDX-License-Identifier: MIT
// Layer 3, task: the process-wide IMalloc, the registration of spies.
// May include: contract, blocks.
#pragma once

#include <mallocspy/task/registration.hpp>
#include <mallocspy/task/scoped_spy.hpp>
#include <mallocspy/task/task_memory.hpp>
