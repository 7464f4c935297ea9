// SPDX-License-Identifier: MIT
// Captured stacks against those of the compiler's unwinder, from functions with frames of every shape.
#include <mallocspy/spies/call_stack.hpp>

#include "spies/stacks/reference_stack.hpp"
#include "support/catch.hpp"

#include <alloca.h>
#include <cstdlib>
#include <cstring>
#include <random>
#include <set>
#include <thread>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

struct walk {
  std::mt19937 random{27};
  std::size_t capacity = 64;
  int checks = 0;
  int disagreements = 0;
  std::size_t deepest = 0;
};

void visit(walk& w, int depth);

#define SHAPE __attribute__((noinline))

SHAPE void plain(walk& w, int depth) {
  visit(w, depth - 1);
  ++w.checks;
}

// This file is compiled with -fomit-frame-pointer.
SHAPE void without_frame_pointer(walk& w, int depth) {
  volatile char room[119];
  room[depth] = 1;
  visit(w, depth - 1);
  room[1] = room[depth];
}

SHAPE void with_a_frame_of_run_time_size(walk& w, int depth) {
  const std::size_t size = 27 + w.random() % 1000;
  auto* room = static_cast<volatile char*>(alloca(size));
  room[size - 1] = 1;
  visit(w, depth - 1);
  room[0] = room[size - 1];
}

SHAPE void aligned_to_a_cache_line(walk& w, int depth) {
  alignas(128) volatile char room[256];
  room[depth] = 1;
  visit(w, depth - 1);
  room[1] = room[depth];
}

SHAPE void both_aligned_and_of_run_time_size(walk& w, int depth) {
  alignas(64) volatile char room[64];
  auto* more = static_cast<volatile char*>(alloca(53 + w.random() % 100));
  room[0] = more[0] = 1;
  visit(w, depth - 1);
  room[1] = static_cast<char>(room[0] + more[0]);
}

thread_local walk* sorted_walk = nullptr;
thread_local int sorted_depth = 0;

int compare(const void* a, const void* b) {
  if (sorted_walk != nullptr) {
    walk& w = *sorted_walk;
    sorted_walk = nullptr;
    visit(w, sorted_depth - 1);
  }
  return std::memcmp(a, b, 1);
}

SHAPE void through_the_c_library(walk& w, int depth) {
  char letters[] = "qwertz";
  sorted_walk = &w;
  sorted_depth = depth;
  std::qsort(letters, 6, 1, compare);
  sorted_walk = nullptr;
}

SHAPE void visit(walk& w, int depth) {
  std::size_t found = 0;
  w.disagreements += stacks_agree(w.capacity, found) ? 0 : 1;
  w.disagreements += stored_stack_agrees(w.capacity) ? 0 : 1;
  w.deepest = std::max(w.deepest, found);
  ++w.checks;
  if (depth <= 0) {
    return;
  }
  using shape = void (*)(walk&, int);
  static constexpr shape shapes[] = {plain,
                                     without_frame_pointer,
                                     with_a_frame_of_run_time_size,
                                     aligned_to_a_cache_line,
                                     both_aligned_and_of_run_time_size,
                                     through_the_c_library};
  for (auto i = w.random() % 3; i != 0; --i) {
    shapes[w.random() % 6](w, depth);
  }
}

void wander(walk& w, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    visit(w, 16);
  }
}

// Two calls of one function whose frames end at the same address, but begin at different ones: all that is left on the
// stack between the two beginnings is the first call's.

constexpr std::size_t room_of_both = 1024;

// Does not touch the frame pointer.
SHAPE bool agree_at_once(std::size_t) {
  std::size_t found = 0;
  const bool agreed = stacks_agree(max_stack_depth, found);
  __asm__ volatile("" ::: "memory");
  return agreed;
}

SHAPE bool agree_behind_run_time_size(std::size_t size) {
  auto* room = static_cast<char*>(alloca(size));
  __asm__ volatile("" ::"r"(room) : "memory");
  std::size_t found = 0;
  const bool agreed = stacks_agree(max_stack_depth, found);
  __asm__ volatile("" ::"r"(room) : "memory");
  return agreed;
}

using function = bool (*)(std::size_t);

function further_in = nullptr;

SHAPE bool agree_further_in(std::size_t size) {
  auto* room = static_cast<char*>(alloca(size));
  __asm__ volatile("" ::"r"(room) : "memory");
  const function inside = further_in;
  further_in = agree_at_once; // from the second time on
  const bool agreed = inside(size);
  __asm__ volatile("" ::"r"(room) : "memory");
  return agreed;
}

SHAPE bool agree_behind_alignment(std::size_t size) {
  alignas(64) char aligned[64];
  auto* room = static_cast<char*>(alloca(size));
  __asm__ volatile("" ::"r"(room), "r"(aligned) : "memory");
  std::size_t found = 0;
  const bool agreed = stacks_agree(max_stack_depth, found);
  __asm__ volatile("" ::"r"(room), "r"(aligned) : "memory");
  return agreed;
}

template <std::size_t Own> SHAPE bool caller(bool (*agree)(std::size_t)) {
  char room[Own];
  __asm__ volatile("" ::"r"(room) : "memory");
  const bool agreed = agree(room_of_both - Own);
  __asm__ volatile("" ::"r"(room) : "memory");
  return agreed;
}

// One call instruction for all, so that further out nothing tells them apart. `first` is the first one to be called.
std::size_t disagreements_of(function first, function agree) {
  using call = bool (*)(function);
  static constexpr call calls[] = {caller<64>, caller<64>, caller<576>, caller<320>, caller<64>};
  further_in = agree_behind_run_time_size;
  std::size_t wrong = 0;
  for (volatile std::size_t i = 0; i < std::size(calls); i = i + 1) {
    wrong += calls[i](i == 0 ? first : agree) ? 0U : 1U;
  }
  return wrong;
}

// Ways of equal length through functions whose frames are alike: only the words on the stack tell them apart.

using way = bool (*)(unsigned choices, std::size_t capacity);

template <int Level, int Which> SHAPE bool go(unsigned choices, std::size_t capacity) {
  volatile char room[53];
  room[Which] = 1;
  bool agreed = false;
  if constexpr (Level == 0) {
    agreed = stored_stack_agrees(capacity);
  } else {
    static constexpr way next[] = {go<Level - 1, 0>, go<Level - 1, 1>};
    agreed = next[choices % 2](choices / 2, capacity);
  }
  room[0] = room[Which];
  return agreed;
}

// The same from further in, so that what was walked before begins in the middle of a way.
SHAPE bool go_less_far(unsigned choices, std::size_t capacity) {
  const bool first = go<1, 0>(choices, capacity);
  const bool second = go<3, 1>(choices, capacity);
  return go<2, 0>(choices / 2, capacity) && first && second;
}

// Calls itself once for each size, with so much room in its frame, up to a 0; the innermost call captures the stack. All
// are called from one place. `sizes`: their address
SHAPE stack_id descend(std::size_t sizes) {
  const auto* size = reinterpret_cast<const std::size_t*>(sizes);
  auto* room = static_cast<char*>(alloca(*size));
  __asm__ volatile("" ::"r"(room) : "memory");
  stack_id (*volatile next)(std::size_t) = size[1] == 0 ? capture_stack_id : descend;
  const stack_id id = next(reinterpret_cast<std::size_t>(size + 1)); // as a depth: more than there may be
  __asm__ volatile("" ::"r"(room) : "memory");
  return id;
}

SHAPE std::size_t frames_of(const std::vector<std::size_t>& sizes) {
  return stored_stack(descend(reinterpret_cast<std::size_t>(sizes.data()))).size();
}

SHAPE stack_id id_here(std::size_t depth) {
  const stack_id id = capture_stack_id(depth);
  __asm__ volatile("");
  return id;
}

} // namespace

TEST_CASE("stacks through frames of every shape agree with the unwinder's", "[spies][call_stack]") {
  walk w;
  wander(w, 400);
  CHECK(w.disagreements == 0);
  CHECK(w.checks > 1000);
  CHECK(w.deepest > 20);
}

TEST_CASE("a frame is not taken for an earlier one that ended at the same place", "[spies][call_stack]") {
  for (const function agree : {agree_behind_run_time_size, agree_behind_alignment, agree_further_in}) {
    CHECK(disagreements_of(agree, agree) == 0);
    CHECK(disagreements_of(agree_at_once, agree) == 0);
  }
}

// Each of these two on a thread of its own, which has walked no other way.

TEST_CASE("the way of an earlier walk is gone again only where it still leads there", "[spies][call_stack]") {
  std::size_t wrong = 0;
  std::thread([&wrong] {
    std::mt19937 random(27);
    for (const std::size_t capacity : {std::size_t{3}, std::size_t{5}, std::size_t{16}, max_stack_depth}) {
      for (const unsigned choices : {1U, 2U, 7U, 37U}) { // a few ways again and again, then many
        for (int i = 0; i < 1000; ++i) {
          const auto which = static_cast<unsigned>(random() % choices);
          wrong += go<5, 0>(which, capacity) ? 0U : 1U;
          wrong += random() % 3 != 0 || go<3, 0>(which, capacity) ? 0U : 1U;
          wrong += random() % 5 != 0 || go_less_far(which, capacity) ? 0U : 1U;
        }
      }
    }
  }).join();
  CHECK(wrong == 0);
}

TEST_CASE("a way does not lead to a frame that was left and comes again with another caller", "[spies][call_stack]") {
  using frame_sizes = std::vector<std::size_t>;
  std::vector<frame_sizes> forgetting; // so many other ways that the ones below are new, and again, so that it is worth it
  for (std::size_t i = 0; i < 99; ++i) {
    forgetting.push_back({16, 1024 + i / 3 * 16, 0});
  }
  std::set<std::size_t> others; // frames that are not of descend()
  std::thread([&] {
    // For one of these sizes two frames take as much room as one did.
    for (std::size_t size = 16; size < 512; size += 16) {
      std::vector<frame_sizes> ways = forgetting;
      for (const frame_sizes& way :
           {frame_sizes{16, size, 48, 32, 0}, {16, size, 48, 64, 0}, {16, 16, 0}, {16, 16, 16, 48, 64, 0}}) {
        ways.push_back(way);
      }
      for (const frame_sizes& way : ways) { // one call for all
        others.insert(frames_of(way) - way.size());
      }
    }
  }).join();
  CHECK(others.size() == 1);
}

TEST_CASE("no more frames than there is room for", "[spies][call_stack]") {
  walk w;
  for (const std::size_t capacity : {2U, 3U, 5U, 16U}) {
    w.capacity = capacity;
    w.deepest = 0;
    wander(w, 10);
    CHECK(w.disagreements == 0);
    CHECK(w.deepest == capacity);
  }
  const void* guarded[] = {nullptr, &w};
  CHECK(capture_stack(guarded, 0) == 0);
  CHECK(guarded[0] == nullptr);
  CHECK(capture_stack(guarded, 1) == 1);
  CHECK(guarded[1] == &w);
}

TEST_CASE("each thread has its own stack", "[spies][call_stack]") {
  std::vector<walk> walks(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < walks.size(); ++i) {
    walks[i].random.seed(static_cast<unsigned>(i));
    threads.emplace_back([&w = walks[i]] { wander(w, 100); });
  }
  for (auto& t : threads) {
    t.join();
  }
  for (const walk& w : walks) {
    CHECK(w.disagreements == 0);
    CHECK(w.checks > 100);
  }
}

TEST_CASE("one call has one stack, two calls have two", "[spies][call_stack]") {
  stack_id ids[3];
  volatile int twice = 2; // or the compiler makes two calls of it
  for (int i = 0; i < twice; ++i) {
    ids[i] = id_here(16);
  }
  ids[2] = id_here(16);
  CHECK(ids[0] != 0);
  CHECK(ids[0] == ids[1]);
  CHECK(ids[0] != ids[2]);

  const stored_stack first(ids[0]);
  const stored_stack second(ids[2]);
  REQUIRE(first.size() == second.size());
  REQUIRE(first.size() > 2);
  CHECK(first.size() <= 16);
  CHECK(first[0] == second[0]);
  CHECK(first[1] != second[1]);
  CHECK(std::equal(first.begin() + 2, first.end(), second.begin() + 2));
}

TEST_CASE("a number of no stack has no frames", "[spies][call_stack]") {
  CHECK(stored_stack(0).size() == 0);
  CHECK(stored_stack(0xFFFFFFFF).size() == 0);
  const stack_id id = id_here(16);
  CHECK(stored_stack(id + 1).size() == 0);
}

TEST_CASE("the depth of an identified stack is what was asked for", "[spies][call_stack]") {
  CHECK(stored_stack(id_here(1)).size() == 1);
  CHECK(stored_stack(id_here(3)).size() == 3);
  CHECK(id_here(0) == 0);
}

TEST_CASE("a captured stack and a stored one of the same addresses are one", "[spies][call_stack]") {
  for (std::size_t depth = 19; depth != 0; --depth) { // each is a part of the one before
    const stack_id id = id_here(depth);
    const stored_stack stack(id);
    CHECK(store_stack(stack.begin(), stack.size()) == id);
  }
}
