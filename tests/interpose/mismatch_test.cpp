// SPDX-License-Identifier: MIT
// Blocks that are freed by another function than their allocation asks for.
#include "blocks/misuse_recorder.hpp"
#include "family.hpp"
#include "support/catch.hpp"

#include <mallocspy/blocks/ownership.hpp>
#include <mallocspy/interpose/mismatch.hpp>
#include <mallocspy/spies/spy_base.hpp>
#include <mallocspy/task/scoped_spy.hpp>
#include <memory>
#include <string>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;

// By their names, since not every compiler declares the sized forms.
extern "C" void sized_delete(void*, std::size_t) __asm__("_ZdlPvm");
extern "C" void sized_array_delete(void*, std::size_t) __asm__("_ZdaPvm");

namespace {

class telling {
public:
  telling() : m_before(report_mismatches(true)) {}
  ~telling() {
    report_mismatches(m_before);
  }
  telling(const telling&) = delete;
  telling& operator=(const telling&) = delete;

private:
  bool m_before;
};

auto make_array = static_cast<void* (*)(std::size_t)>(&::operator new[]);
auto make_aligned_array = static_cast<void* (*)(std::size_t, std::align_val_t)>(&::operator new[]);
auto destroy_array = static_cast<void (*)(void*)>(&::operator delete[]);
auto destroy_sized = &sized_delete;
auto destroy_sized_array = &sized_array_delete;
auto destroy_aligned_array = static_cast<void (*)(void*, std::align_val_t)>(&::operator delete[]);
constexpr std::align_val_t at_64{64};

// What was told since the last question: "operation of what", or "nothing".
std::string told() {
  const std::size_t count = misuse_recorder::take();
  if (count == 0) {
    return "nothing";
  }
  const misuse& last = misuse_recorder::last();
  const std::string sizes =
      last.size == last.freed_size ? "" : ", " + std::to_string(last.size) + " as " + std::to_string(last.freed_size);
  const std::string text = last.kind == misuse_kind::mismatch ? last.allocated_with : "another misuse";
  return (count == 1 ? "" : "more than once: ") + std::string(last.operation) + " of " + text + sizes;
}

} // namespace

TEST_CASE("each mismatch is told once, and the block goes", "[interpose][mismatch]") {
  const misuse_recorder recorder;
  const telling on;
  void* p = family::alloc(27);
  family::destroy(p);
  CHECK(told() == "operator delete of malloc");
  CHECK_FALSE(owns(p));
  CHECK(misuse_recorder::last().pointer == p);
  CHECK(misuse_recorder::last().size == 27);

  family::release(family::make(27));
  CHECK(told() == "free of operator new");
  family::release(make_array(27));
  CHECK(told() == "free of operator new[]");
  family::destroy(make_array(27));
  CHECK(told() == "operator delete of operator new[]");
  destroy_array(family::make(27));
  CHECK(told() == "operator delete[] of operator new");
  destroy_array(family::memalign(64, 27));
  CHECK(told() == "operator delete[] of malloc");
  family::destroy(family::make_aligned(27, 64));
  CHECK(told() == "operator delete of operator new with an alignment");
  family::destroy_aligned(family::make(27), 64);
  CHECK(told() == "operator delete with an alignment of operator new");
  destroy_aligned_array(make_array(27), at_64);
  CHECK(told() == "operator delete[] with an alignment of operator new[]");
  destroy_sized(family::make(27), 28);
  CHECK(told() == "operator delete of operator new, 27 as 28");
  destroy_sized_array(make_array(5003), 119);
  CHECK(told() == "operator delete[] of operator new[], 5003 as 119");
  p = family::resize(family::make(27), 53);
  CHECK(told() == "realloc of operator new");
  family::release(p);
  CHECK(told() == "nothing");
}

TEST_CASE("what fits is not told", "[interpose][mismatch]") {
  const misuse_recorder recorder;
  const telling on;
  for (const std::size_t size : {std::size_t{0}, std::size_t{27}, std::size_t{5003}, std::size_t{3000017}}) {
    family::release(family::alloc(size));
    family::release(family::resize(family::zeroed(1, size), size + 119));
    family::release(family::memalign(256, size));
    family::destroy(family::make(size));
    destroy_sized(family::make(size), size);
    destroy_array(make_array(size));
    destroy_sized_array(make_array(size), size);
    family::destroy_aligned(family::make_aligned(size, 64), 64);
    destroy_aligned_array(make_aligned_array(size, at_64), at_64);
  }
  const std::vector<std::string> texts(53, std::string(119, 'x'));
  const std::unique_ptr<std::string[]> array(new std::string[7]);
  delete new (std::nothrow) std::string(texts.front());
  CHECK(told() == "nothing");
}

TEST_CASE("blocks from before are not judged, and nothing is when it is off", "[interpose][mismatch]") {
  const misuse_recorder recorder;
  void* before = family::make(27);
  {
    const telling on;
    CHECK(report_mismatches(true));
    family::release(before);
    CHECK(told() == "nothing");
  }
  family::release(family::make(27));
  CHECK(told() == "nothing");
  CHECK_FALSE(report_mismatches(false));
}

TEST_CASE("under a spy the client's sizes count", "[interpose][mismatch]") {
  struct : spy_base {
    SIZE_T PreAlloc(SIZE_T bytes) override {
      return bytes + 48;
    }
  } inflating;
  const misuse_recorder recorder;
  const telling on;
  const scoped_spy registered(&inflating);
  destroy_sized(family::make(27), 27);
  CHECK(told() == "nothing");
  destroy_sized(family::make(27), 75);
  CHECK(told() == "operator delete of operator new, 27 as 75");
  destroy_array(family::alloc(27));
  CHECK(told() == "operator delete[] of malloc");
}
