// SPDX-License-Identifier: MIT
#include "testing/spies/scope_report.hpp"

#include "testing/process/nameless_file.hpp"
#include "testing/spies/scope_spy.hpp"

#include <cstdio>
#include <mallocspy/spies/stack_report.hpp>
#include <stdexcept>
#include <unistd.h>

namespace mallocspy::testing_detail {

namespace {

std::string contents_of(int file) {
  std::string text;
  char part[4096];
  ::lseek(file, 0, SEEK_SET);
  for (ssize_t n = 0; (n = ::read(file, part, sizeof part)) > 0;) {
    text.append(part, static_cast<std::size_t>(n));
  }
  return text;
}

// The stacks agree from their outer ends on, unless one was cut off there.
stack_id inner_part(stack_id stack, stack_id scope) noexcept {
  const stored_stack frames(stack);
  const stored_stack outer(scope);
  std::size_t in_scope = outer.size();
  while (frames.size() != 0 && in_scope != 0 && outer[in_scope - 1] != frames[frames.size() - 1]) {
    --in_scope;
  }
  std::size_t own = frames.size();
  while (own != 0 && in_scope != 0 && frames[own - 1] == outer[in_scope - 1]) {
    --own;
    --in_scope;
  }
  return own == 0 ? stack : store_stack(frames.begin(), own);
}

} // namespace

std::string with_stacks(const std::vector<report_part>& parts, stack_id scope) {
  std::vector<titled_stack> stacks;
  stacks.reserve(parts.size());
  for (const report_part& part : parts) {
    stacks.push_back({part.title.c_str(), inner_part(part.stack, scope)});
  }
  std::string text;
  const int file = make_nameless_file("mallocspy");
  if (file >= 0) {
    print_stacks(file, stacks.data(), stacks.size());
    text = contents_of(file);
    ::close(file);
    return text;
  }
  for (const report_part& part : parts) {
    text += part.title;
  }
  return text;
}

std::string amount(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string place(const char* file, int line) {
  return std::string(file) + ":" + std::to_string(line);
}

void must_be_this_thread(const void* scopes, const char* file, int line) {
  if (scopes != &scopes_of_this_thread) {
    throw std::logic_error("the scope at " + place(file, line) + " belongs to another thread, which alone may ask it");
  }
}

} // namespace mallocspy::testing_detail
