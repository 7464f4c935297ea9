// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"
#include "support/pattern.hpp"

using namespace conformance;
using support::fill;
using support::holds;

namespace {

bool is_aligned(const void* p) {
  return reinterpret_cast<std::uintptr_t>(p) % (2 * sizeof(void*)) == 0; // decision 6
}

void* at(void* p, std::size_t offset) {
  return static_cast<char*>(p) + offset;
}

} // namespace

TEST_CASE("scenario 4: sizes and owners without a spy") {
  subject& s = subject_under_test();
  void* p = s.alloc(27);
  REQUIRE(p != nullptr);
  CHECK(s.get_size(p) == 27);
  CHECK(s.did_alloc(p) == 1);
  CHECK(s.did_alloc(at(p, 4)) == 0);
  CHECK(s.did_alloc(reinterpret_cast<void*>(std::uintptr_t{1})) == 0);
  CHECK(s.did_alloc(nullptr) == -1);
  CHECK(s.get_size(nullptr) == unknown_size);
  s.free(p);
  CHECK(s.did_alloc(p) == 0);
  CHECK(s.get_size(p) == unknown_size); // decision 9
  s.free(nullptr);
}

TEST_CASE("scenario 4: blocks of size 0 without a spy") {
  subject& s = subject_under_test();
  void* p = s.alloc(0);
  void* q = s.alloc(0);
  void* r = s.realloc(nullptr, 0);
  REQUIRE(p != nullptr);
  REQUIRE(q != nullptr);
  REQUIRE(r != nullptr);
  CHECK(p != q);
  CHECK(q != r);
  CHECK(p != r);
  for (void* block : {p, q, r}) {
    CHECK(s.get_size(block) == 0);
    CHECK(s.did_alloc(block) == 1);
    s.free(block);
    CHECK(s.did_alloc(block) == 0);
  }
}

TEST_CASE("scenario 4: Realloc without a spy") {
  subject& s = subject_under_test();
  void* p = s.realloc(nullptr, 53);
  REQUIRE(p != nullptr);
  CHECK(s.get_size(p) == 53);
  fill(p, 53, 1);

  p = s.realloc(p, 70001); // grows
  REQUIRE(p != nullptr);
  CHECK(s.get_size(p) == 70001);
  CHECK(holds(p, 53, 1));
  fill(p, 70001, 2);

  p = s.realloc(p, 119); // shrinks
  REQUIRE(p != nullptr);
  CHECK(s.get_size(p) == 119);
  CHECK(holds(p, 119, 2));

  CHECK(s.realloc(p, SIZE_MAX) == nullptr); // no memory: as it was
  CHECK(s.realloc(p, huge) == nullptr);
  CHECK(s.get_size(p) == 119);
  CHECK(s.did_alloc(p) == 1);
  CHECK(holds(p, 119, 2));

  CHECK(s.realloc(p, 0) == nullptr); // frees
  CHECK(s.did_alloc(p) == 0);
}

TEST_CASE("scenario 4: no memory without a spy") {
  subject& s = subject_under_test();
  for (SIZE_T below = 0; below < 70; ++below) {
    CHECK(s.alloc(SIZE_MAX - below) == nullptr);
    CHECK(s.realloc(nullptr, SIZE_MAX - below) == nullptr);
  }
  CHECK(s.alloc(huge) == nullptr);
}

// Decisions 6 and 8, around every size at which an implementation may change how it stores them.
TEST_CASE("scenario 4: exact sizes and alignment of blocks of all sizes") {
  subject& s = subject_under_test();
  const auto check = [&s](SIZE_T size) {
    void* p = s.alloc(size);
    void* q = s.realloc(s.alloc(1), size + 1);
    const bool good = p != nullptr && q != nullptr && is_aligned(p) && is_aligned(q) && s.get_size(p) == size &&
                      s.get_size(q) == size + 1 && s.did_alloc(p) == 1 && s.did_alloc(q) == 1;
    s.free(p);
    s.free(q);
    return good;
  };
  for (SIZE_T size = 0; size < 3000; ++size) {
    INFO("size " << size);
    CHECK(check(size));
  }
  for (SIZE_T power = 4096; power <= (SIZE_T{1} << 26); power *= 2) {
    for (const SIZE_T size : {power - 17, power - 1, power, power + 1, power + 53}) {
      INFO("size " << size);
      CHECK(check(size));
    }
  }
}

TEST_CASE("scenario 4: HeapMinimize leaves live blocks alone") {
  subject& s = subject_under_test();
  void* p = s.alloc(1190);
  fill(p, 1190, 3);
  s.free(s.alloc(1 << 20));
  s.heap_minimize();
  CHECK(s.get_size(p) == 1190);
  CHECK(holds(p, 1190, 3));
  s.free(p);
}
