// SPDX-License-Identifier: MIT
// Pointers from the definitions that the interposed ones hide, and pointers from nowhere.
#include "blocks/misuse_recorder.hpp"
#include "family.hpp"
#include "plugin.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <mallocspy/blocks/ownership.hpp>
#include <mallocspy/interpose/check.hpp>
#include <mallocspy/spies/spy_base.hpp>
#include <mallocspy/task/scoped_spy.hpp>
#include <sys/mman.h>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

constexpr std::size_t sizes[] = {1, 27, 5003, 3000017};

// A pointer that frees nothing, however it is tried, and is told to the handler each time.
bool is_refused(void* p) {
  misuse_recorder::take();
  errno = 77;
  family::release(p);
  const bool by_free = misuse_recorder::take() == 1 && errno == 77;
  const bool by_realloc = family::resize(p, 27) == nullptr && misuse_recorder::take() == 1 && errno == EINVAL;
  family::destroy(p);
  const bool by_delete = misuse_recorder::take() == 1;
  return by_free && by_realloc && by_delete && family::usable_size(p) == 0;
}

char in_the_program[64];

} // namespace

TEST_CASE("a library that was bound to the C library's malloc gets its blocks freed there", "[interpose][foreign]") {
  const misuse_recorder recorder;
  const plugin bound(RTLD_DEEPBIND);
  for (const std::size_t size : sizes) {
    for (auto* alloc : {bound.alloc, bound.alloc_elsewhere}) {
      void* p = alloc(size);
      REQUIRE(p != nullptr);
      REQUIRE_FALSE(owns(p)); // else nothing is shown here
      CHECK(family::usable_size(p) >= size);
      auto* grown = static_cast<char*>(family::resize(p, size + 100003));
      REQUIRE(grown != nullptr);
      CHECK_FALSE(owns(grown));
      CHECK(grown[size - 1] == 0x3C);
      errno = 77;
      family::release(grown);
      CHECK(errno == 77);
      family::destroy(alloc(size));
    }
  }
  char* text = bound.copy("a text of the C library");
  CHECK(std::strcmp(text, "a text of the C library") == 0);
  family::release(text);
  CHECK(recorder.count() == 0);
}

TEST_CASE("the same under a spy, which is not asked", "[interpose][foreign]") {
  struct : spy_base {
    void* freed = nullptr;
    void* PreFree(void* p, BOOL) override {
      freed = p;
      return p;
    }
  } spy;
  const misuse_recorder recorder;
  const plugin bound(RTLD_DEEPBIND);
  const scoped_spy registered(&spy);
  void* p = bound.alloc(27);
  p = family::resize(p, 119);
  CHECK(family::usable_size(p) >= 119);
  family::release(p);
  CHECK(spy.freed != p);
  CHECK(recorder.count() == 0);
}

TEST_CASE("a library that is loaded in the usual way gets ours, by old names too", "[interpose][foreign]") {
  const misuse_recorder recorder;
  const plugin usual(0);
  void* p = usual.alloc(27);
  CHECK(requested_size(p) == 27);
  usual.release_by_old_name(p);
  CHECK_FALSE(owns(p));
  char* text = usual.copy("a text of eighteen");
  CHECK(requested_size(text) == 19);
  usual.release(text);
  CHECK(recorder.count() == 0);
  CHECK(first_not_interposed() == nullptr);
}

TEST_CASE("a pointer from nowhere is reported, and the C library does not see it", "[interpose][foreign]") {
  const misuse_recorder recorder;
  char on_the_stack[64] = {};
  CHECK(is_refused(on_the_stack));
  CHECK(is_refused(on_the_stack + 16));
  CHECK(is_refused(in_the_program));
  CHECK(is_refused(in_the_program + 32));
  CHECK(is_refused(const_cast<char*>("a text of the program")));
  CHECK(is_refused(reinterpret_cast<void*>(std::uintptr_t{16})));
  CHECK(is_refused(reinterpret_cast<void*>(std::uintptr_t{1} << 46)));
  CHECK(is_refused(reinterpret_cast<void*>(std::uintptr_t{0xDEADBEEFDEADBEE0})));
  CHECK(is_refused(reinterpret_cast<void*>(&std::strlen)));

  void* ours = family::alloc(5003);
  CHECK(is_refused(static_cast<char*>(ours) + 16));
  CHECK(is_refused(static_cast<char*>(ours) + 7));
  CHECK(misuse_recorder::last().kind == misuse_kind::interior);
  family::release(ours);
  CHECK(is_refused(ours));
  CHECK(misuse_recorder::last().kind == misuse_kind::freed_before);

  char* mapped = static_cast<char*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  REQUIRE(mapped != MAP_FAILED);
  CHECK(is_refused(mapped));
  CHECK(is_refused(mapped + 16));
  CHECK(is_refused(mapped + 4096));
  std::memset(mapped, 0x41, 8192); // a chunk's size would be 0x4141414141414140
  CHECK(is_refused(mapped + 4096));
  mprotect(mapped, 4096, PROT_NONE);
  CHECK(is_refused(mapped + 4096));
  munmap(mapped, 8192);
}

TEST_CASE("inside a block of the C library no block begins", "[interpose][foreign]") {
  const misuse_recorder recorder;
  const plugin bound(RTLD_DEEPBIND);
  for (const std::size_t size : {std::size_t{5003}, std::size_t{3000017}}) {
    auto* p = static_cast<char*>(bound.alloc(size)); // filled with 0x3C
    CHECK(is_refused(p + 16));
    CHECK(is_refused(p + 4096));
    std::memset(p, 0, size);
    CHECK(is_refused(p + 16 * 7));
    family::release(p);
  }
}

TEST_CASE("blocks of mimalloc's own functions are told, not taken for ours", "[interpose][foreign]") {
  const auto alloc = reinterpret_cast<void* (*)(std::size_t)>(dlsym(RTLD_DEFAULT, "mi_malloc"));
  const auto release = reinterpret_cast<void (*)(void*)>(dlsym(RTLD_DEFAULT, "mi_free"));
  if (alloc == nullptr || release == nullptr) {
    return; // built in, and hidden
  }
  const misuse_recorder recorder;
  void* p = alloc(119);
  CHECK(is_refused(p));
  release(p);
}
