// SPDX-License-Identifier: MIT
// Nothing but the headers that all tests share, to be compiled ahead of them.
#include "support/catch.hpp"
