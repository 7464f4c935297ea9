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
  void* p = s.Alloc(27);
  REQUIRE(p != nullptr);
  CHECK(s.GetSize(p) == 27);
  CHECK(s.DidAlloc(p) == 1);
  CHECK(s.DidAlloc(at(p, 4)) == 0);
  CHECK(s.DidAlloc(reinterpret_cast<void*>(std::uintptr_t{1})) == 0);
  CHECK(s.DidAlloc(nullptr) == -1);
  CHECK(s.GetSize(nullptr) == unknown_size);
  s.Free(p);
  CHECK(s.DidAlloc(p) == 0);
  CHECK(s.GetSize(p) == unknown_size); // decision 9
  s.Free(nullptr);
}

TEST_CASE("scenario 4: blocks of size 0 without a spy") {
  subject& s = subject_under_test();
  void* p = s.Alloc(0);
  void* q = s.Alloc(0);
  void* r = s.Realloc(nullptr, 0);
  REQUIRE(p != nullptr);
  REQUIRE(q != nullptr);
  REQUIRE(r != nullptr);
  CHECK(p != q);
  CHECK(q != r);
  CHECK(p != r);
  for (void* block : {p, q, r}) {
    CHECK(s.GetSize(block) == 0);
    CHECK(s.DidAlloc(block) == 1);
    s.Free(block);
    CHECK(s.DidAlloc(block) == 0);
  }
}

TEST_CASE("scenario 4: Realloc without a spy") {
  subject& s = subject_under_test();
  void* p = s.Realloc(nullptr, 53);
  REQUIRE(p != nullptr);
  CHECK(s.GetSize(p) == 53);
  fill(p, 53, 1);

  p = s.Realloc(p, 70001); // grows
  REQUIRE(p != nullptr);
  CHECK(s.GetSize(p) == 70001);
  CHECK(holds(p, 53, 1));
  fill(p, 70001, 2);

  p = s.Realloc(p, 119); // shrinks
  REQUIRE(p != nullptr);
  CHECK(s.GetSize(p) == 119);
  CHECK(holds(p, 119, 2));

  CHECK(s.Realloc(p, SIZE_MAX) == nullptr); // no memory: as it was
  CHECK(s.Realloc(p, huge) == nullptr);
  CHECK(s.GetSize(p) == 119);
  CHECK(s.DidAlloc(p) == 1);
  CHECK(holds(p, 119, 2));

  CHECK(s.Realloc(p, 0) == nullptr); // frees
  CHECK(s.DidAlloc(p) == 0);
}

TEST_CASE("scenario 4: no memory without a spy") {
  subject& s = subject_under_test();
  for (SIZE_T below = 0; below < 70; ++below) {
    CHECK(s.Alloc(SIZE_MAX - below) == nullptr);
    CHECK(s.Realloc(nullptr, SIZE_MAX - below) == nullptr);
  }
  CHECK(s.Alloc(huge) == nullptr);
}

// Decisions 6 and 8, around every size at which an implementation may change how it stores them.
TEST_CASE("scenario 4: exact sizes and alignment of blocks of all sizes") {
  subject& s = subject_under_test();
  const auto check = [&s](SIZE_T size) {
    void* p = s.Alloc(size);
    void* q = s.Realloc(s.Alloc(1), size + 1);
    const bool good = p != nullptr && q != nullptr && is_aligned(p) && is_aligned(q) && s.GetSize(p) == size &&
                      s.GetSize(q) == size + 1 && s.DidAlloc(p) == 1 && s.DidAlloc(q) == 1;
    s.Free(p);
    s.Free(q);
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
  void* p = s.Alloc(1190);
  fill(p, 1190, 3);
  s.Free(s.Alloc(1 << 20));
  s.HeapMinimize();
  CHECK(s.GetSize(p) == 1190);
  CHECK(holds(p, 1190, 3));
  s.Free(p);
}
