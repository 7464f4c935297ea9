// SPDX-License-Identifier: MIT
#include "guard_findings.hpp"
#include "support/catch.hpp"
#include "support/dies.hpp"
#include "support/pattern.hpp"

#include <cstring>
#include <mallocspy/mallocspy.h>
#include <mallocspy/mallocspy.hpp>

using namespace mallocspy;

namespace {

char* alloc(SIZE_T size) {
  return static_cast<char*>(CoTaskMemAlloc(size));
}

SIZE_T size_of(void* block) {
  return mallocspy_size(block);
}

// What follows is planted. Out of line, so that no compiler sees through it.
[[gnu::noinline]] void write_at(char* block, std::ptrdiff_t offset) {
  *const_cast<volatile char*>(block + offset) = 1;
}

} // namespace

TEST_CASE("a guarded block has the size that was asked for, and is aligned") {
  guard spy(test::guard_findings::options());
  const scoped_spy registration(&spy);
  for (const SIZE_T size : {0U, 1U, 15U, 16U, 17U, 53U, 119U, 4096U, 5003U}) {
    char* block = alloc(size);
    CAPTURE(size);
    REQUIRE(block != nullptr);
    CHECK(size_of(block) == size);
    CHECK(mallocspy_owns(block) == 1);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % 16 == 0);
    support::fill(block, size, size);
    block = static_cast<char*>(CoTaskMemRealloc(block, size + 61));
    CHECK(size_of(block) == size + 61);
    CHECK(support::holds(block, size, size));
    block = static_cast<char*>(CoTaskMemRealloc(block, 7));
    CHECK(size_of(block) == 7);
    CHECK(support::holds(block, std::min<SIZE_T>(size, 7), size));
    CoTaskMemFree(block);
    CHECK(mallocspy_owns(block) == 0);
  }
  CHECK(CoTaskMemAlloc(SIZE_MAX) == nullptr);
  CHECK(CoTaskMemAlloc(SIZE_MAX / 2) == nullptr);
  CHECK(spy.check_all() == 0);
  CHECK(spy.findings() == 0);
}

TEST_CASE("a write behind a block is found, by one byte and by more") {
  const SIZE_T size = GENERATE(0U, 1U, 15U, 16U, 53U);
  const std::ptrdiff_t beyond = GENERATE(0, 1, 15);
  test::guard_findings found;
  guard spy(test::guard_findings::options());
  const scoped_spy registration(&spy);
  char* block = alloc(size);
  CAPTURE(size, beyond);
  write_at(block, static_cast<std::ptrdiff_t>(size) + beyond);
  const std::string at = "overflow at " + std::to_string(static_cast<std::ptrdiff_t>(size) + beyond) + " by ";
  SECTION("when it is freed") {
    CoTaskMemFree(block);
    CHECK(found.text() == at + "Free");
  }
  SECTION("when it is reallocated") {
    block = static_cast<char*>(CoTaskMemRealloc(block, size + 61));
    CHECK(found.text() == at + "Realloc");
    CoTaskMemFree(block);
    CHECK(found.text().empty()); // its zones are new
  }
  SECTION("when somebody asks, and then not again") {
    CHECK(spy.check_all() == 1);
    CHECK(found.text() == at + "check_all");
    CHECK(spy.check_all() == 0);
    CoTaskMemFree(block);
    CHECK(found.text().empty());
  }
}

TEST_CASE("a write in front of a block is found") {
  const std::ptrdiff_t offset = GENERATE(-1, -16);
  test::guard_findings found;
  guard spy(test::guard_findings::options());
  const scoped_spy registration(&spy);
  char* block = alloc(53);
  write_at(block, offset);
  CoTaskMemFree(block);
  CHECK(found.text() == "underflow at " + std::to_string(offset) + " by Free");
}

TEST_CASE("wider red zones see wider misses") {
  test::guard_findings found;
  guard_options options = test::guard_findings::options();
  options.red_zone = 100; // rounded up to 112
  guard spy(options);
  const scoped_spy registration(&spy);
  char* block = alloc(53);
  write_at(block, -112);
  write_at(block, 53 + 111);
  CoTaskMemFree(block);
  CHECK(found.text() == "overflow at 164 by Free, underflow at -112 by Free");
}

TEST_CASE("a write to a freed block is found by check_all, and when it leaves quarantine") {
  test::guard_findings found;
  guard_options options = test::guard_findings::options();
  options.quarantine_blocks = 3;
  guard spy(options);
  const scoped_spy registration(&spy);
  char* block = alloc(53);
  CoTaskMemFree(block);
  write_at(block, 7);
  SECTION("by check_all") {
    CHECK(spy.check_all() == 1);
    CHECK(found.text() == "use_after_free at 7 by check_all");
  }
  SECTION("when it leaves") {
    for (int i = 0; i < 3; ++i) {
      CHECK(found.text().empty());
      CoTaskMemFree(alloc(61));
    }
    CHECK(found.text() == "use_after_free at 7 by quarantine");
  }
}

TEST_CASE("a use of a block's old place after it was reallocated is found") {
  test::guard_findings found;
  guard spy(test::guard_findings::options());
  const scoped_spy registration(&spy);
  char* old = alloc(53);
  auto* block = static_cast<char*>(CoTaskMemRealloc(old, 61));
  CHECK(block != old);
  write_at(old, 52);
  CHECK(spy.check_all() == 1);
  CHECK(found.text() == "use_after_free at 52 by check_all");
  CoTaskMemFree(block);
}

TEST_CASE("of a large block only the beginning is filled, as the options say") {
  test::guard_findings found;
  guard_options options = test::guard_findings::options();
  options.most_fill = 101;
  guard spy(options);
  const scoped_spy registration(&spy);
  char* block = alloc(5003);
  CHECK(static_cast<unsigned char>(block[100]) == 0xA5);
  std::memset(block, 1, 5003);
  CoTaskMemFree(block);
  write_at(block, 101); // nobody knows
  CHECK(spy.check_all() == 0);
  write_at(block, 100);
  CHECK(spy.check_all() == 1);
  CHECK(found.text() == "use_after_free at 100 by check_all");
}

TEST_CASE("a block that is freed twice is told, and nothing is changed") {
  test::guard_findings found;
  guard spy(test::guard_findings::options());
  const scoped_spy registration(&spy);
  char* block = alloc(53);
  CoTaskMemFree(block);
  CoTaskMemFree(block);
  CHECK(found.text() == "freed_twice at 0 by Free");
  CHECK(CoTaskMemRealloc(block, 61) == nullptr);
  CHECK(found.text() == "freed_twice at 0 by Realloc");
  char* other = alloc(53);
  CHECK(other != block);
  CHECK(spy.check_all() == 0);
  CoTaskMemFree(other);
}

TEST_CASE("freeing the start of the red zone is no way around the guard") {
  test::guard_findings found;
  guard spy(test::guard_findings::options());
  const scoped_spy registration(&spy);
  char* block = alloc(53);
  CoTaskMemFree(block - 16);
  CHECK(found.text() == "not_the_block at -16 by Free");
  CHECK(size_of(block) == 53);
  CoTaskMemFree(block);
}

TEST_CASE("a finding names the block and who allocated and freed it") {
  test::guard_findings found;
  guard spy(test::guard_findings::options());
  const scoped_spy registration(&spy);
  char* block = alloc(53);
  CoTaskMemFree(block);
  write_at(block, 0);
  spy.check_all();
  const std::vector<guard_finding> all = found.take();
  REQUIRE(all.size() == 1);
  CHECK(all[0].block == block);
  CHECK(all[0].size == 53);
  CHECK(all[0].allocated != 0);
  CHECK(all[0].freed != 0);
  CHECK(all[0].allocated != all[0].freed);
  CHECK(stored_stack(all[0].allocated).size() > 3);
}

TEST_CASE("fresh blocks are filled, zeroed ones are zero, and grown ones keep what they had") {
  guard spy(test::guard_findings::options());
  const scoped_spy registration(&spy);
  char* block = alloc(53);
  CHECK(static_cast<unsigned char>(block[0]) == 0xA5);
  CHECK(static_cast<unsigned char>(block[52]) == 0xA5);
  std::memset(block, 1, 53);
  block = static_cast<char*>(CoTaskMemRealloc(block, 119));
  CHECK(block[52] == 1);
  CHECK(static_cast<unsigned char>(block[53]) == 0xA5);
  CHECK(static_cast<unsigned char>(block[118]) == 0xA5);
  auto* zeroed = static_cast<char*>(mallocspy_calloc(53, 2));
  CHECK(std::count(zeroed, zeroed + 106, 0) == 106);
  CoTaskMemFree(block);
  CoTaskMemFree(zeroed);
  CHECK(spy.findings() == 0);
}

TEST_CASE("aligned blocks stay aligned under the guard") {
  test::guard_findings found;
  guard_options options = test::guard_findings::options();
  options.pages = GENERATE(false, true);
  guard spy(options);
  const scoped_spy registration(&spy);
  for (const SIZE_T alignment : {32U, 256U, 4096U, 16384U}) {
    CAPTURE(options.pages, alignment);
    auto* block = static_cast<char*>(mallocspy_aligned_alloc(alignment, 53));
    CHECK(reinterpret_cast<std::uintptr_t>(block) % alignment == 0);
    std::memset(block, 7, 53);
    CHECK(size_of(block) == 53);
    block = static_cast<char*>(mallocspy_realloc(block, 5003));
    CHECK(std::count(block, block + 53, 7) == 53);
    write_at(block, 5003);
    mallocspy_free(block);
    CHECK(found.text() == "overflow at 5003 by Free");
  }
}

TEST_CASE("an aligned block is guarded, and keeps its contents when it is resized in place") {
  test::guard_findings found;
  guard_options options = test::guard_findings::options();
  options.quarantine_blocks = 0;
  guard spy(options);
  const scoped_spy registration(&spy);
  auto* block = static_cast<char*>(mallocspy_aligned_alloc(4096, 5003));
  support::fill(block, 5003, 1);
  write_at(block, 5003);
  CHECK(spy.check_all() == 1);
  CHECK(found.text() == "overflow at 5003 by check_all");
  block = static_cast<char*>(mallocspy_realloc(block, 1009));
  CHECK(support::holds(block, 1009, 1));
  mallocspy_free(block);
  CHECK(found.text().empty());
}

TEST_CASE("blocks from before are passed through, and guarded once they are reallocated") {
  test::guard_findings found;
  guard_options options = test::guard_findings::options();
  options.pages = GENERATE(false, true);
  void* freed = CoTaskMemAlloc(53);
  char* grown = alloc(53);
  char* shrunk = alloc(5003);
  support::fill(grown, 53, 1);
  support::fill(shrunk, 5003, 2);
  guard spy(options);
  const scoped_spy registration(&spy);
  CHECK(size_of(freed) == 53);
  CHECK(mallocspy_owns(freed) == 1);
  CoTaskMemFree(freed);
  grown = static_cast<char*>(CoTaskMemRealloc(grown, 119));
  shrunk = static_cast<char*>(CoTaskMemRealloc(shrunk, 61));
  CHECK(size_of(grown) == 119);
  CHECK(support::holds(grown, 53, 1));
  CHECK(support::holds(shrunk, 61, 2));
  write_at(grown, 119);
  write_at(shrunk, 61);
  CoTaskMemFree(grown);
  CoTaskMemFree(shrunk);
  CHECK(found.text() == "overflow at 119 by Free, overflow at 61 by Free");
}

TEST_CASE("wrong pointers reach the heap, which knows what to say") {
  static int told = 0;
  guard spy(test::guard_findings::options());
  const scoped_spy registration(&spy);
  set_misuse_handler([](const misuse&) {
    ++told;
    return misuse_action::go_on;
  });
  char* block = alloc(53);
  CoTaskMemFree(block + 5);
  CHECK(CoTaskMemRealloc(block + 5, 61) == nullptr);
  CoTaskMemFree(&told);
  set_misuse_handler(nullptr);
  CHECK(told == 3);
  CoTaskMemFree(block);
  CHECK(spy.findings() == 0);
}

TEST_CASE("quarantine keeps to its limits, and gives everything back in the end") {
  void* probe = nullptr;
  {
    guard_options options = test::guard_findings::options();
    options.quarantine_bytes = 1000;
    options.quarantine_blocks = 5;
    guard spy(options);
    const scoped_spy registration(&spy);
    probe = alloc(53);
    void* raw = static_cast<char*>(probe) - 16;
    CoTaskMemFree(probe);
    CHECK(owns(raw));
    CoTaskMemFree(alloc(5003)); // more than fits: freed at once
    CHECK(owns(raw));
    for (int i = 0; i < 5; ++i) {
      CoTaskMemFree(alloc(53));
    }
    CHECK_FALSE(owns(raw));
    probe = alloc(67);
    CoTaskMemFree(probe);
    probe = static_cast<char*>(probe) - 16;
    CHECK(owns(probe));
    CHECK(spy.findings() == 0);
  }
  CHECK_FALSE(owns(probe));
}

TEST_CASE("reallocation works with a full quarantine and without one") {
  test::guard_findings found;
  guard_options options = test::guard_findings::options();
  options.quarantine_blocks = GENERATE(0U, 1U, 2U);
  options.pages = GENERATE(false, true);
  guard spy(options);
  const scoped_spy registration(&spy);
  char* block = alloc(53);
  support::fill(block, 53, 1);
  for (SIZE_T size = 61; size < 100000; size = size * 7 / 3) {
    CoTaskMemFree(alloc(31));
    block = static_cast<char*>(CoTaskMemRealloc(block, size));
    REQUIRE(block != nullptr);
    CHECK(size_of(block) == size);
    CHECK(support::holds(block, 53, 1));
    CHECK(CoTaskMemRealloc(block, SIZE_MAX / 2) == nullptr); // all is as before
    CHECK(size_of(block) == size);
    std::memset(block + 53, 9, size - 53);
  }
  CHECK(spy.check_all() == 0);
  write_at(block, static_cast<std::ptrdiff_t>(size_of(block)));
  CoTaskMemFree(block);
  CHECK(found.take().size() == 1);
}

TEST_CASE("the default handler names the fault, the block and both stacks") {
  const std::string said = support::last_words([] {
    guard spy;
    CoRegisterMallocSpy(&spy);
    char* block = alloc(53);
    CoTaskMemFree(block);
    write_at(block, 7);
    CoRevokeMallocSpy();
  });
  CAPTURE(said);
  CHECK(said.rfind("exit 0: mallocspy: guard: use after free: block 0x", 0) == 0);
  CHECK(said.find(" of 53 bytes, byte 7; found by quarantine\n") != std::string::npos);
  CHECK(said.find("mallocspy:   allocated by\nmallocspy:     #0 ") != std::string::npos);
  CHECK(said.find("mallocspy:   freed by\nmallocspy:     #0 ") != std::string::npos);
  CHECK(said.find("#0 _ZN9mallocspy") == std::string::npos);
}
