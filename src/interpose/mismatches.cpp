// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "interpose/mismatches.hpp"

#include "blocks/misuse_report.hpp"
#include "task/spy_registry.hpp"

#include <cstdlib>
#include <mallocspy/interpose/mismatch.hpp>

namespace mallocspy {

namespace interpose {

std::atomic<bool> mismatches_are_told{false};

namespace {

const char* name_of(origin made_by) noexcept {
  switch (made_by) {
  case origin::unknown:
    break;
  case origin::c_library:
    return "malloc";
  case origin::object:
    return "operator new";
  case origin::array:
    return "operator new[]";
  case origin::aligned_object:
    return "operator new with an alignment";
  case origin::aligned_array:
    return "operator new[] with an alignment";
  }
  return "something else";
}

void tell(const void* p, const remembered& block, std::size_t freed_size, const char* operation) {
  misuse told{misuse_kind::mismatch, operation, p, nullptr, 0, block.size};
  told.allocated_with = name_of(block.made_by);
  told.freed_size = freed_size;
  blocks::report_misuse(told);
}

origin object_of(origin array) noexcept {
  return array == origin::array ? origin::object : origin::aligned_object;
}

} // namespace

void check_origin(const void* p, origin fitting, const char* operation) {
  const remembered block = origin_of(p);
  if (block.made_by == origin::unknown) {
    return;
  }
  remember_origin(p, origin::unknown, 0);
  if (block.made_by != fitting) {
    tell(p, block, block.size, operation);
  }
}

void becomes_array(const void* p, origin made_by) noexcept {
  const remembered block = origin_of(p);
  if (block.made_by == object_of(made_by)) {
    remember_origin(p, made_by, block.size);
  }
}

void check_array(const void* p, origin fitting, const char* operation) {
  const remembered block = origin_of(p);
  if (block.made_by == origin::unknown) {
    return;
  }
  if (block.made_by != fitting) {
    remember_origin(p, origin::unknown, 0); // told once
    tell(p, block, block.size, operation);
    return;
  }
  remember_origin(p, object_of(fitting), block.size);
}

void check_size(const void* p, std::size_t size, const char* operation) {
  const remembered block = origin_of(p);
  if (block.made_by != origin::unknown && block.size != largest_known && block.size != size) {
    tell(p, block, size, operation);
  }
}

void ask_environment_about_mismatches() noexcept {
  const char* value = std::getenv("MALLOCSPY_MISMATCH");
  if (value != nullptr && value[0] != '\0' && !(value[0] == '0' && value[1] == '\0')) {
    report_mismatches(true);
  }
}

} // namespace interpose

bool report_mismatches(bool on) noexcept {
  const bool before = interpose::mismatches_are_told.exchange(on, std::memory_order_relaxed);
  task::registry_always_ask(on); // the slow way is where they are found
  return before;
}

} // namespace mallocspy
