// SPDX-License-Identifier: MIT
// The ready-made spies.
#pragma once

#include <mallocspy/spies/spies.hpp>
