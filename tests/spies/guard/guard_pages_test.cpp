// SPDX-License-Identifier: MIT
#include "guard_findings.hpp"
#include "support/catch.hpp"
#include "support/dies.hpp"

#include <mallocspy/mallocspy.h>
#include <mallocspy/mallocspy.hpp>

using namespace mallocspy;

namespace {

guard_options with_pages() {
  guard_options options = test::guard_findings::options();
  options.pages = true;
  return options;
}

char* alloc(SIZE_T size) {
  return static_cast<char*>(CoTaskMemAlloc(size));
}

[[gnu::noinline]] void write_at(char* block, std::ptrdiff_t offset) {
  *const_cast<volatile char*>(block + offset) = 1;
}
[[gnu::noinline]] char read_at(const char* block, std::ptrdiff_t offset) {
  return *const_cast<const volatile char*>(block + offset);
}

// effects: runs the work in a child with a guard of these options. returns: how it ended and what it said
template <class Work> std::string under_guard(const guard_options& options, Work work) {
  return support::last_words([&] {
    guard spy(options);
    CoRegisterMallocSpy(&spy);
    work();
    CoRevokeMallocSpy();
  });
}

bool begins(const std::string& text, const std::string& with) {
  return text.rfind(with, 0) == 0;
}

} // namespace

TEST_CASE("a read behind a block stops the program there, and the guard says which block it was") {
  const std::string said = under_guard(with_pages(), [] { read_at(alloc(64), 64); });
  CAPTURE(said);
  CHECK(begins(said, "SIGSEGV: mallocspy: guard: overflow: block 0x"));
  CHECK(said.find(" of 64 bytes, byte 64; found by access\n") != std::string::npos);
  CHECK(said.find("mallocspy:   allocated by\n") != std::string::npos);
}

TEST_CASE("a block ends at the page, up to its alignment, or to the byte") {
  guard_options options = with_pages();
  CHECK(under_guard(options, [] {
          char* block = alloc(53);
          write_at(block, 52);
          read_at(block, 63); // in the rounded part: found when it is freed, if it was a write
          CoTaskMemFree(block);
        }) == "exit 0: ");
  CHECK(under_guard(options, [] { read_at(alloc(53), 64); }).find("byte 64; found by access") != std::string::npos);
  options.exact_end = true;
  CHECK(under_guard(options, [] { read_at(alloc(53), 53); }).find("byte 53; found by access") != std::string::npos);
}

TEST_CASE("any use of a block in quarantine stops the program") {
  const std::string said = under_guard(with_pages(), [] {
    char* block = alloc(53);
    CoTaskMemFree(block);
    read_at(block, 7);
  });
  CAPTURE(said);
  CHECK(said.find("guard: use after free: block 0x") != std::string::npos);
  CHECK(said.find(" of 53 bytes, byte 7; found by access\n") != std::string::npos);
  CHECK(said.find("mallocspy:   freed by\n") != std::string::npos);
}

TEST_CASE("with exact_end blocks of every size work, and writes in front are found") {
  guard_options options = with_pages();
  options.exact_end = true;
  test::guard_findings found;
  guard spy(options);
  const scoped_spy registration(&spy);
  for (SIZE_T size = 0; size < 5000; size = size * 2 + 1) {
    char* block = alloc(size);
    CAPTURE(size);
    CHECK(mallocspy_size(block) == size);
    CHECK(mallocspy_owns(block) == 1);
    for (SIZE_T i = 0; i < size; ++i) {
      block[i] = static_cast<char>(i);
    }
    block = static_cast<char*>(CoTaskMemRealloc(block, size + 61));
    CHECK(mallocspy_size(block) == size + 61);
    write_at(block, -1);
    CoTaskMemFree(block);
    CHECK(found.text() == "underflow at -1 by Free");
  }
}

TEST_CASE("where the limit of pages is reached one line says so, and red zones go on") {
  guard_options options = with_pages();
  options.most_pages = 3;
  options.quarantine_blocks = 0;
  const std::string said = under_guard(options, [] {
    for (int round = 0; round < 3; ++round) {
      char* blocks[6];
      for (char*& block : blocks) {
        block = alloc(53);
      }
      for (char* block : blocks) {
        CoTaskMemFree(block);
      }
    }
  });
  CHECK(said == "exit 0: mallocspy: guard: 3 inaccessible pages are in use, near the kernel's limit "
                "(vm.max_map_count): further blocks get red zones only\n");
  test::guard_findings found;
  guard spy([&] {
    guard_options few = options;
    few.most_pages = 1;
    return few;
  }());
  const scoped_spy registration(&spy);
  char* with_page = alloc(53);
  char* without = alloc(53);
  write_at(without, 53 + 15);
  CoTaskMemFree(without);
  CHECK(found.text() == "overflow at 68 by Free");
  CoTaskMemFree(with_page);
}

TEST_CASE("many blocks with pages stay below the kernel's limit") {
  guard spy(with_pages());
  const scoped_spy registration(&spy);
  std::vector<void*> blocks;
  for (int i = 0; i < 500; ++i) {
    blocks.push_back(alloc(static_cast<SIZE_T>(i) * 13));
  }
  for (void* block : blocks) {
    REQUIRE(block != nullptr);
    CoTaskMemFree(block);
  }
  CHECK(spy.check_all() == 0);
}
