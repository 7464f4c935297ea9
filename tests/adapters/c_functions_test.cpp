// SPDX-License-Identifier: MIT
#include <mallocspy/mallocspy.h>

#include "blocks/build_kind.hpp"
#include "blocks/misuse_recorder.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

constexpr std::size_t too_much = std::numeric_limits<std::size_t>::max() / 2;

bool aligned(const void* p, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(p) % alignment == 0;
}

bool all_bytes(const void* p, int value, std::size_t count) {
  const auto* bytes = static_cast<const unsigned char*>(p);
  return count == 0 || (bytes[0] == value && std::memcmp(bytes, bytes + 1, count - 1) == 0);
}

} // namespace

TEST_CASE("alloc gives a block of exactly the size, aligned to 16", "[adapters][c]") {
  for (const std::size_t size : {0U, 1U, 27U, 53U, 119U, 496U, 30011U}) {
    CAPTURE(size);
    errno = EDOM;
    void* p = mallocspy_alloc(size);
    REQUIRE(p != nullptr);
    CHECK(errno == EDOM);
    CHECK(mallocspy_size(p) == size);
    CHECK(mallocspy_owns(p) == 1);
    CHECK(aligned(p, 16));
    std::memset(p, 27, size);
    mallocspy_free(p);
    CHECK(mallocspy_owns(p) == 0);
    CHECK(mallocspy_size(p) == 0);
  }
  void* one = mallocspy_alloc(0);
  void* other = mallocspy_alloc(0);
  CHECK(one != other);
  mallocspy_free(one);
  mallocspy_free(other);
}

TEST_CASE("without memory alloc, calloc, realloc and aligned_alloc say ENOMEM", "[adapters][c]") {
  errno = 0;
  CHECK(mallocspy_alloc(too_much) == nullptr);
  CHECK(errno == ENOMEM);
  errno = 0;
  CHECK(mallocspy_calloc(1, too_much) == nullptr);
  CHECK(errno == ENOMEM);
  errno = 0;
  CHECK(mallocspy_realloc(nullptr, too_much) == nullptr);
  CHECK(errno == ENOMEM);
  errno = 0;
  CHECK(mallocspy_aligned_alloc(64, too_much) == nullptr);
  CHECK(errno == ENOMEM);
  void* p = mallocspy_alloc(53);
  REQUIRE(p != nullptr);
  std::memset(p, 119, 53);
  errno = 0;
  CHECK(mallocspy_realloc(p, too_much) == nullptr);
  CHECK(errno == ENOMEM);
  CHECK(mallocspy_size(p) == 53);
  CHECK(all_bytes(p, 119, 53));
  mallocspy_free(p);
}

TEST_CASE("calloc multiplies without overflow", "[adapters][c]") {
  constexpr std::size_t max = std::numeric_limits<std::size_t>::max();
  // Products that wrap to something small, and one that is exactly 2^64.
  const std::size_t factors[][2] = {
      {max, 2}, {2, max}, {max / 2 + 1, 2}, {std::size_t{1} << 33, std::size_t{1} << 31}, {max / 27 + 1, 27}, {max, max}};
  for (const auto& [count, size] : factors) {
    CAPTURE(count, size);
    errno = 0;
    CHECK(mallocspy_calloc(count, size) == nullptr);
    CHECK(errno == ENOMEM);
  }
  void* p = mallocspy_calloc(7, 17);
  REQUIRE(p != nullptr);
  CHECK(mallocspy_size(p) == 119);
  mallocspy_free(p);
  for (const auto& [count, size] : {std::pair<std::size_t, std::size_t>{0, 27}, {27, 0}, {0, 0}, {0, max}}) {
    void* empty = mallocspy_calloc(count, size);
    REQUIRE(empty != nullptr);
    CHECK(mallocspy_owns(empty) == 1);
    CHECK(mallocspy_size(empty) == 0);
    mallocspy_free(empty);
  }
}

TEST_CASE("calloc zeroes memory that was used before", "[adapters][c]") {
  std::size_t wrong = 0;
  for (std::size_t size = 1; size <= 70001; size = size * 3 / 2 + 1) {
    for (int i = 0; i < 20; ++i) {
      void* dirty[8];
      for (void*& p : dirty) {
        p = mallocspy_alloc(size);
        REQUIRE(p != nullptr);
        std::memset(p, 0xA7, size);
      }
      for (void* p : dirty) {
        mallocspy_free(p);
      }
      for (void*& p : dirty) {
        p = mallocspy_calloc(1, size);
        REQUIRE(p != nullptr);
        wrong += all_bytes(p, 0, size) && mallocspy_size(p) == size ? 0U : 1U;
        std::memset(p, 0xA7, size);
      }
      for (void* p : dirty) {
        mallocspy_free(p);
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("calloc zeroes large memory that was used before, and no more than its own", "[adapters][c]") {
  for (const std::size_t size : {(std::size_t{4} << 20) - 1, (std::size_t{4} << 20) + 27, (std::size_t{40} << 20) + 119}) {
    for (int i = 0; i < 4; ++i) {
      CAPTURE(size, i);
      void* dirty = mallocspy_alloc(size);
      void* neighbour = mallocspy_alloc(size);
      REQUIRE(dirty != nullptr);
      REQUIRE(neighbour != nullptr);
      std::memset(dirty, 0xA7, size);
      std::memset(neighbour, 0x35, size);
      mallocspy_free(dirty);
      void* p = mallocspy_calloc(1, size);
      REQUIRE(p != nullptr);
      CHECK(all_bytes(p, 0, size));
      CHECK(all_bytes(neighbour, 0x35, size));
      mallocspy_free(p);
      mallocspy_free(neighbour);
    }
  }
}

TEST_CASE("calloc does not touch what comes fresh from the system", "[adapters][c]") {
  constexpr std::size_t size = (std::size_t{5} << 28) + 119; // 1.25 GiB
  auto* p = static_cast<char*>(mallocspy_calloc(size, 1));
  REQUIRE(p != nullptr);
  CHECK(mallocspy_size(p) == size);
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  char* first = p + (page - reinterpret_cast<std::uintptr_t>(p) % page) % page;
  const std::size_t length = (size - page) / page * page;
  std::vector<unsigned char> pages(length / page);
  REQUIRE(::mincore(first, length, pages.data()) == 0);
  std::size_t resident = 0;
  for (const unsigned char present : pages) {
    resident += present & 1U;
  }
  // Two huge pages at most, where the heap wrote next to the block; sanitized builds zero by hand.
  if (!sanitized) {
    CHECK(resident * page <= std::size_t{4} << 20);
  }
  CHECK(p[0] == 0);
  CHECK(p[size / 2] == 0);
  CHECK(p[size - 1] == 0);
  mallocspy_free(p);
}

TEST_CASE("realloc allocates, resizes and frees", "[adapters][c]") {
  void* p = mallocspy_realloc(nullptr, 27);
  REQUIRE(p != nullptr);
  CHECK(mallocspy_size(p) == 27);
  std::memset(p, 0x35, 27);
  p = mallocspy_realloc(p, 30011);
  REQUIRE(p != nullptr);
  CHECK(mallocspy_size(p) == 30011);
  CHECK(all_bytes(p, 0x35, 27));
  p = mallocspy_realloc(p, 5);
  REQUIRE(p != nullptr);
  CHECK(mallocspy_size(p) == 5);
  CHECK(all_bytes(p, 0x35, 5));
  errno = EDOM;
  CHECK(mallocspy_realloc(p, 0) == nullptr);
  CHECK(errno == EDOM);
  CHECK(mallocspy_owns(p) == 0);
  void* empty = mallocspy_realloc(nullptr, 0);
  REQUIRE(empty != nullptr);
  CHECK(mallocspy_owns(empty) == 1);
  CHECK(mallocspy_size(empty) == 0);
  mallocspy_free(empty);
}

TEST_CASE("free keeps errno and takes null", "[adapters][c]") {
  const misuse_recorder misuses;
  errno = EDOM;
  mallocspy_free(nullptr);
  CHECK(errno == EDOM);
  CHECK(misuse_recorder::count() == 0);
  // Large enough that it goes back to the system.
  for (const std::size_t size : {std::size_t{27}, std::size_t{70} << 20}) {
    void* p = mallocspy_alloc(size);
    REQUIRE(p != nullptr);
    errno = EDOM;
    mallocspy_free(p);
    CHECK(errno == EDOM);
  }
  const misuse_handler spoils_errno = [](const misuse&) {
    errno = ERANGE;
    return misuse_action::go_on;
  };
  const misuse_handler before = set_misuse_handler(spoils_errno);
  static char foreign[27];
  errno = EDOM;
  mallocspy_free(foreign);
  CHECK(errno == EDOM);
  set_misuse_handler(before);
}

TEST_CASE("size and owns answer for every pointer", "[adapters][c]") {
  const misuse_recorder misuses;
  char on_stack[53] = {};
  void* p = mallocspy_alloc(119);
  REQUIRE(p != nullptr);
  CHECK(mallocspy_size(nullptr) == 0);
  CHECK(mallocspy_owns(nullptr) == 0);
  CHECK(mallocspy_size(static_cast<char*>(p) + 16) == 0);
  CHECK(mallocspy_owns(static_cast<char*>(p) + 16) == 0);
  CHECK(mallocspy_size(on_stack) == 0);
  CHECK(mallocspy_owns(on_stack) == 0);
  CHECK(mallocspy_owns(reinterpret_cast<void*>(std::uintptr_t{1})) == 0);
  CHECK(mallocspy_owns(reinterpret_cast<void*>(~std::uintptr_t{0})) == 0);
  CHECK(misuse_recorder::count() == 0);
  mallocspy_free(p);
}

TEST_CASE("aligned_alloc aligns to any power of two", "[adapters][c]") {
  for (std::size_t alignment = 1; alignment <= std::size_t{1} << 30; alignment *= 2) {
    for (const std::size_t size : {0U, 27U, 4099U}) {
      CAPTURE(alignment, size);
      void* p = mallocspy_aligned_alloc(alignment, size);
      REQUIRE(p != nullptr);
      CHECK(aligned(p, alignment));
      CHECK(aligned(p, 16));
      CHECK(mallocspy_size(p) == size);
      std::memset(p, 27, size);
      mallocspy_free(p);
    }
  }
}

TEST_CASE("aligned_alloc refuses what is no power of two", "[adapters][c]") {
  for (const std::size_t alignment : {std::size_t{0}, std::size_t{3}, std::size_t{24}, std::size_t{48}, too_much,
                                      std::numeric_limits<std::size_t>::max()}) {
    CAPTURE(alignment);
    errno = 0;
    CHECK(mallocspy_aligned_alloc(alignment, 27) == nullptr);
    CHECK(errno == EINVAL);
  }
  errno = 0;
  CHECK(mallocspy_aligned_alloc(std::size_t{1} << 63, 27) == nullptr);
  CHECK(errno == ENOMEM);
}

TEST_CASE("strdup copies the string and its end", "[adapters][c]") {
  for (const std::string& text : {std::string(), std::string("a"), std::string(53, 'x'), std::string(5003, 'y')}) {
    char* copy = mallocspy_strdup(text.c_str());
    REQUIRE(copy != nullptr);
    CHECK(copy == text);
    CHECK(mallocspy_size(copy) == text.size() + 1);
    mallocspy_free(copy);
  }
}

TEST_CASE("a misuse changes nothing and is told once", "[adapters][c]") {
  void* p = mallocspy_alloc(119);
  REQUIRE(p != nullptr);
  char* inside = static_cast<char*>(p) + 27;
  const misuse_recorder misuses;
  misuse_recorder::take();
  mallocspy_free(inside);
  CHECK(misuse_recorder::take() == 1);
  CHECK(misuse_recorder::last().kind == misuse_kind::interior);
  CHECK(misuse_recorder::last().offset == 27);
  CHECK(std::string(misuse_recorder::last().operation) == "Free");
  CHECK(mallocspy_realloc(inside, 53) == nullptr);
  CHECK(misuse_recorder::take() == 1);
  CHECK(std::string(misuse_recorder::last().operation) == "Realloc");
  CHECK(mallocspy_size(p) == 119);
  mallocspy_free(p);
  mallocspy_free(p);
  CHECK(misuse_recorder::take() == 1);
  CHECK(misuse_recorder::last().kind == misuse_kind::freed_before);
}
