// SPDX-License-Identifier: MIT
// What C, POSIX and glibc promise of malloc and its family.
#include "blocks/build_kind.hpp"
#include "family.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <mallocspy/blocks/ownership.hpp>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

constexpr std::size_t absurd = static_cast<std::size_t>(PTRDIFF_MAX) + 1;

bool is_aligned(const void* p, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(p) % alignment == 0;
}

// Whether the call fails with this error and returns null.
template <class Call> bool fails_with(int error, Call call) {
  errno = 0;
  return call() == nullptr && errno == error;
}

// returns: how many pages of the range are in memory
std::size_t pages_present(const void* p, std::size_t size) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::uintptr_t first = (reinterpret_cast<std::uintptr_t>(p) + page - 1) / page * page;
  std::vector<unsigned char> present(size / page - 1);
  REQUIRE(mincore(reinterpret_cast<void*>(first), present.size() * page, present.data()) == 0);
  std::size_t count = 0;
  for (const unsigned char each : present) {
    count += each & 1U;
  }
  return count;
}

} // namespace

TEST_CASE("blocks have exactly the requested size and are the task allocator's", "[interpose]") {
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{27}, std::size_t{384}, std::size_t{385}, std::size_t{5003}, std::size_t{3000017}}) {
    void* p = family::alloc(size);
    REQUIRE(p != nullptr);
    CHECK(owns(p));
    CHECK(requested_size(p) == size);
    CHECK(family::usable_size(p) == size);
    CHECK(is_aligned(p, 16));
    std::memset(p, 0x5A, size);
    family::release(p);
    CHECK_FALSE(owns(p));
  }
}

TEST_CASE("a block of zero bytes is a block of its own", "[interpose]") {
  void* a = family::alloc(0);
  void* b = family::alloc(0);
  void* c = family::zeroed(0, 27);
  CHECK(a != nullptr);
  CHECK(b != nullptr);
  CHECK(a != b);
  CHECK(family::usable_size(a) == 0);
  CHECK(family::usable_size(c) == 0);
  family::release(a);
  family::release(b);
  family::release(c);
  CHECK(family::usable_size(nullptr) == 0);
}

TEST_CASE("realloc makes, resizes and frees", "[interpose]") {
  char* p = static_cast<char*>(family::resize(nullptr, 27));
  REQUIRE(p != nullptr);
  std::memset(p, 0x3C, 27);
  for (const std::size_t size : {std::size_t{53}, std::size_t{5003}, std::size_t{2000003}, std::size_t{19}}) {
    p = static_cast<char*>(family::resize(p, size));
    REQUIRE(p != nullptr);
    CHECK(family::usable_size(p) == size);
    for (std::size_t i = 0; i < (size < 27 ? size : 27); ++i) {
      REQUIRE(p[i] == 0x3C);
    }
  }
  errno = 77;
  CHECK(family::resize(p, 0) == nullptr);
  CHECK(errno == 77);
  CHECK_FALSE(owns(p));
  void* empty = family::resize(nullptr, 0);
  CHECK(empty != nullptr);
  CHECK(owns(empty));
  family::release(empty);
}

TEST_CASE("what cannot be is refused with ENOMEM, and a block that should have grown is as it was", "[interpose]") {
  const std::size_t half = SIZE_MAX / 2 + 2;
  CHECK(fails_with(ENOMEM, [] { return family::alloc(absurd); }));
  CHECK(fails_with(ENOMEM, [] { return family::alloc(SIZE_MAX); }));
  CHECK(fails_with(ENOMEM, [=] { return family::zeroed(half, 2); }));
  CHECK(fails_with(ENOMEM, [] { return family::zeroed(1, absurd); }));
  CHECK(fails_with(ENOMEM, [] { return family::pvalloc(SIZE_MAX - 27); }));
  CHECK(fails_with(ENOMEM, [] { return family::valloc(absurd - 27); }));
  CHECK(fails_with(ENOMEM, [] { return family::aligned(64, SIZE_MAX - 27); }));
  auto* p = static_cast<char*>(family::alloc(27));
  std::memset(p, 0x3C, 27);
  CHECK(fails_with(ENOMEM, [=] { return family::resize(p, absurd); }));
  CHECK(fails_with(ENOMEM, [=] { return family::resize_array(p, half, 2); }));
  CHECK(requested_size(p) == 27);
  CHECK(p[26] == 0x3C);
  family::release(p);
}

TEST_CASE("the variants of realloc", "[interpose]") {
  void* p = family::resize_array(nullptr, 7, 17);
  CHECK(family::usable_size(p) == 119);
  p = family::resize_bsd(p, 53);
  CHECK(family::usable_size(p) == 53);
  CHECK(fails_with(ENOMEM, [=] { return family::resize_bsd(p, absurd); }));
  CHECK_FALSE(owns(p));

  void* q = nullptr;
  errno = 77;
  CHECK(family::resize_netbsd(&q, 3, 9) == 0);
  CHECK(family::usable_size(q) == 27);
  void* const before = q;
  CHECK(family::resize_netbsd(&q, SIZE_MAX / 2, 3) == EOVERFLOW);
  CHECK(family::resize_netbsd(&q, 1, absurd) == ENOMEM);
  CHECK(q == before);
  CHECK(family::resize_netbsd(&q, 0, 9) == 0);
  CHECK(q == nullptr);
  CHECK_FALSE(owns(before));
  CHECK(errno == 77);
}

TEST_CASE("posix_memalign tells its errors and leaves errno and the place alone", "[interpose]") {
  void* p = &errno;
  errno = 77;
  CHECK(family::posix_aligned(&p, 0, 27) == EINVAL);
  CHECK(family::posix_aligned(&p, 4, 27) == EINVAL);
  CHECK(family::posix_aligned(&p, 24, 27) == EINVAL);
  CHECK(family::posix_aligned(&p, 64, SIZE_MAX - 7) == ENOMEM);
  CHECK(p == &errno);
  for (std::size_t alignment = sizeof(void*); alignment <= 65536; alignment *= 2) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{27}, std::size_t{5003}}) {
      REQUIRE(family::posix_aligned(&p, alignment, size) == 0);
      CHECK(is_aligned(p, alignment));
      CHECK(family::usable_size(p) == size);
      family::release(p);
    }
  }
  CHECK(errno == 77);
}

TEST_CASE("alignments are those of glibc", "[interpose]") {
  struct request {
    std::size_t asked, given;
  };
  for (const auto& [asked, given] :
       {request{0, 16}, request{1, 16}, request{16, 16}, request{24, 32}, request{4096, 4096}, request{5000, 8192}}) {
    void* p = family::memalign(asked, 119);
    REQUIRE(p != nullptr);
    CHECK(is_aligned(p, given));
    CHECK(family::usable_size(p) == 119);
    family::release(p);
  }
  CHECK(fails_with(EINVAL, [] { return family::memalign(SIZE_MAX - 27, 27); }));
  void* p = family::aligned(256, 27); // not a multiple: glibc does not ask for that
  CHECK(is_aligned(p, 256));
  CHECK(family::usable_size(p) == 27);
  family::release(p);
#if __GLIBC_PREREQ(2, 38)
  CHECK(fails_with(EINVAL, [] { return family::aligned(24, 27); }));
#else
  p = family::aligned(24, 27);
  CHECK(is_aligned(p, 32));
  family::release(p);
#endif
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  p = family::valloc(27);
  CHECK(is_aligned(p, page));
  CHECK(family::usable_size(p) == 27);
  family::release(p);
  p = family::pvalloc(27);
  CHECK(is_aligned(p, page));
  CHECK(family::usable_size(p) == page);
  family::release(p);
}

TEST_CASE("calloc zeroes memory that was used before, and leaves large memory untouched", "[interpose]") {
  for (const std::size_t size : {std::size_t{27}, std::size_t{383}, std::size_t{5003}, std::size_t{100003}}) {
    void* used = family::alloc(size);
    std::memset(used, 0x5A, size);
    family::release(used);
    auto* p = static_cast<unsigned char*>(family::zeroed(1, size));
    for (std::size_t i = 0; i < size; ++i) {
      REQUIRE(p[i] == 0);
    }
    family::release(p);
  }
  constexpr std::size_t large = std::size_t{64} << 20;
  void* p = family::zeroed(large, 1);
  REQUIRE(p != nullptr);
  if (!sanitized) {                      // AddressSanitizer's builds zero by hand
    CHECK(pages_present(p, large) < 64); // of 16384
  }
  family::release(p);
}

TEST_CASE("free keeps errno, whatever the block's size", "[interpose]") {
  for (const std::size_t size : {std::size_t{27}, std::size_t{5003}, std::size_t{100000007}}) {
    void* p = family::alloc(size);
    errno = 77;
    family::release(p);
    CHECK(errno == 77);
  }
  family::release(nullptr);
  CHECK(errno == 77);
}

TEST_CASE("an aligned block is resized and freed like any other", "[interpose]") {
  auto* p = static_cast<char*>(family::memalign(4096, 5003));
  std::memset(p, 0x3C, 5003);
  p = static_cast<char*>(family::resize(p, 10007));
  REQUIRE(p != nullptr);
  CHECK(p[5002] == 0x3C);
  CHECK(family::usable_size(p) == 10007);
  family::release(p);
}
