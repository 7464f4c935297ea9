// SPDX-License-Identifier: MIT
// Which requests for memory a fault_injector makes fail.
// source: ours
#pragma once

#include <cstdint>
#include <mallocspy/contract/contract.hpp>
#include <mallocspy/contract/export.h>

namespace mallocspy {

// Made by one of the functions below, and narrowed by filters:
//
//   fault_plan::nth(7).sizes(100, 4096).on_this_thread()
//
// fails the seventh request of 100 to 4096 bytes of this thread. Requests are allocations and reallocations, numbered
// together from 1; those that do not pass the filters have no number. A request of 0 bytes never counts: IMallocSpy cannot
// fail it, and a reallocation to 0 is a free.
class fault_plan {
public:
  // The plans. n counts from 1; 0 fails nothing.
  static fault_plan never() noexcept { // counts only
    return {kind::numbered, UINT64_MAX, 0};
  }
  static fault_plan nth(std::uint64_t n) noexcept { // the n-th, once
    return {kind::numbered, n, 1};
  }
  static fault_plan nth_and_later(std::uint64_t n) noexcept { // the n-th and all later ones; 1: all
    return {kind::numbered, n, n == 0 ? 0 : UINT64_MAX - n};
  }
  static fault_plan in_a_row(std::uint64_t n, std::uint64_t count) noexcept { // `count` of them, beginning with the n-th
    return {kind::numbered, n, n == 0 ? 0 : count};
  }
  static fault_plan every(std::uint64_t n) noexcept { // the n-th, the 2n-th, the 3n-th ...
    return {kind::every, n, 0};
  }
  // Each with this probability (0 to 1). The same seed fails the same requests of a thread again: each thread has a
  // sequence of its own, so threads do not disturb each other's. Threads are told apart by the order in which they come
  // first.
  static fault_plan random(double probability, std::uint64_t seed) noexcept {
    const double p = probability < 0 ? 0 : probability > 1 ? 1 : probability;
    fault_plan plan{kind::random, seed, 0};
    plan.m_length = static_cast<std::uint64_t>(p * probability_scale);
    return plan;
  }
  // Those that would make more than `bytes` live at one time: a limit on memory. All blocks of the spy count, also those of
  // requests that a filter spares. Under another host than mallocspy: see fault_injector.
  static fault_plan budget(std::uint64_t bytes) noexcept {
    return {kind::budget, bytes, 0};
  }

  // The filters. Each narrows the plan further.
  fault_plan sizes(SIZE_T smallest, SIZE_T largest) const noexcept { // both included
    fault_plan narrowed = *this;
    narrowed.m_smallest = smallest;
    narrowed.m_largest = largest;
    return narrowed;
  }
  // Only requests of the thread that arms the injector with this plan.
  fault_plan on_this_thread() const noexcept {
    fault_plan narrowed = *this;
    narrowed.m_this_thread = true;
    return narrowed;
  }
  // Only requests made, directly or not, by a caller of this name; or only those that are not. A name is one of
  //   a function     "parse", "ns::parser::parse" (all overloads; leading scopes may be left out), or its linker's name
  //   a module       "libexpat", "libexpat.so.1", "program": the file of a library or program; ".so..." may be left out
  // Functions are found by the symbols in the module's file. At most 63 stack frames are looked at. Costs a walk of the
  // stack for each request that passes the other filters. The text must outlive the plan.
  fault_plan under(const char* caller) const noexcept {
    fault_plan narrowed = *this;
    narrowed.m_under = caller;
    return narrowed;
  }
  fault_plan not_under(const char* caller) const noexcept {
    fault_plan narrowed = *this;
    narrowed.m_not_under = caller;
    return narrowed;
  }

private:
  friend class fault_injector;

  static constexpr double probability_scale = 9007199254740992.0; // 2^53

  enum class kind : std::uint8_t {
    numbered, // m_length of them, beginning with m_first
    every,    // those whose number m_first divides
    random,   // m_first: seed; m_length: probability * 2^53
    budget,   // m_first: bytes
  };
  fault_plan(kind what, std::uint64_t first, std::uint64_t length) noexcept
      : m_first(first), m_length(length), m_kind(what) {}

  std::uint64_t m_first;
  std::uint64_t m_length;
  SIZE_T m_smallest = 1;
  SIZE_T m_largest = static_cast<SIZE_T>(-1);
  const char* m_under = nullptr;
  const char* m_not_under = nullptr;
  kind m_kind;
  bool m_this_thread = false;
};

} // namespace mallocspy
