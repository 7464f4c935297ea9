// SPDX-License-Identifier: MIT
// The very first spied allocation of a process finds no memory for the spy's bookkeeping. A program of its own: later the
// bookkeeping has memory to spare.
#include <mallocspy/mallocspy.h>

#include "blocks/table_memory.hpp"
#include "observing_spy.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <cstring>

using namespace mallocspy;
using namespace mallocspy::tests;

TEST_CASE("without room for the spied set an allocation fails, and nothing changes", "[adapters][c][tables]") {
  void* old = mallocspy_alloc(53);
  REQUIRE(old != nullptr);
  std::memset(old, 27, 53);
  observing_spy spy;
  scoped_spy registration(&spy);
  REQUIRE(registration);
  const std::size_t before = blocks::limit_tables(0);
  errno = 0;
  void* refused = mallocspy_alloc(27);
  const int why = errno;
  errno = 0;
  void* also_refused = mallocspy_realloc(old, 5003);
  const int why_also = errno;
  blocks::limit_tables(before);
  CHECK(refused == nullptr);
  CHECK(why == ENOMEM);
  CHECK(also_refused == nullptr);
  CHECK(why_also == ENOMEM);
  CHECK(spy.allocations == 0);
  CHECK(mallocspy_size(old) == 53);
  CHECK(static_cast<char*>(old)[52] == 27);

  void* p = mallocspy_alloc(27);
  CHECK(p != nullptr);
  CHECK(spy.allocations == 1);
  mallocspy_free(p);
  mallocspy_free(old);
  CHECK(registration.revoke() == S_OK);
}
