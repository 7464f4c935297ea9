// SPDX-License-Identifier: MIT
#include <mallocspy/contract/memory_context.hpp>

#include "support/catch.hpp"

TEST_CASE("memory contexts have the published numbers", "[contract]") {
  CHECK(mallocspy::MEMCTX_TASK == 1);
  CHECK(mallocspy::MEMCTX_SHARED == 2);
  CHECK(mallocspy::MEMCTX_MACSYSTEM == 3);
  CHECK(mallocspy::MEMCTX_UNKNOWN == -1);
  CHECK(mallocspy::MEMCTX_SAME == -2);
}
