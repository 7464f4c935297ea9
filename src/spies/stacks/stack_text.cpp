// SPDX-License-Identifier: MIT
// Runs inside hooks, if there is no debug information to look at: never allocates from what is hooked, takes no lock.
#include "spies/stacks/stack_text.hpp"

#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace mallocspy {

namespace spies {

namespace {

// Beginnings of the linker's names, behind "_ZN9mallocspy" and, for const methods, "_ZNK9mallocspy".
constexpr const char* own_parts[] = {"4task",
                                     "5spies",
                                     "8adapters",
                                     "9interpose",
                                     "4heap",
                                     "12leak_tracker",
                                     "5traceE",
                                     "5trace1",
                                     "5trace4",
                                     "5guard",
                                     "5chain",
                                     "10statistics",
                                     "14fault_injector",
                                     "10lambda_spy",
                                     "8spy_base",
                                     "6detail",
                                     "13capture_stack",
                                     "16capture_stack_id",
                                     "14CoTaskMemAlloc",
                                     "16CoTaskMemRealloc",
                                     "13CoTaskMemFree"};
constexpr const char* own_c_functions[] = {"mallocspy_alloc",  "mallocspy_realloc",       "mallocspy_calloc",
                                           "mallocspy_strdup", "mallocspy_aligned_alloc", "mallocspy_free"};

bool starts_with(const char* text, const char* begin) noexcept {
  return std::strncmp(text, begin, std::strlen(begin)) == 0;
}

void write_function(text_writer& out, const code_location& location, debug_information* names) noexcept {
  char* readable = names == nullptr ? nullptr : demangled(location.function);
  out.text(readable == nullptr ? location.function : readable);
  std::free(readable);
}

} // namespace

bool is_own_function(const char* linker_name) noexcept {
  for (const char* prefix : std::initializer_list<const char*>{"_ZN9mallocspy", "_ZNK9mallocspy"}) {
    if (starts_with(linker_name, prefix)) {
      for (const char* part : own_parts) {
        if (starts_with(linker_name + std::strlen(prefix), part)) {
          return true;
        }
      }
    }
  }
  for (const char* name : own_c_functions) {
    if (std::strcmp(linker_name, name) == 0) {
      return true;
    }
  }
  return false;
}

std::size_t own_frames_of(const stored_stack& stack) noexcept {
  std::size_t count = 0;
  while (count < stack.size()) {
    const char* function = locate_code(stack[count]).function;
    if (function == nullptr || !is_own_function(function)) {
      break;
    }
    ++count;
  }
  return count == stack.size() ? 0 : count;
}

void write_frames(text_writer& out, const stored_stack& stack, debug_information* names) noexcept {
  const std::size_t own = own_frames_of(stack);
  for (std::size_t i = own; i < stack.size(); ++i) {
    const code_location location = locate_code(stack[i]);
    out.text("    #").number(i - own).text(" ");
    if (location.function != nullptr) {
      write_function(out, location, names);
    } else {
      out.hex(reinterpret_cast<std::uintptr_t>(stack[i]));
    }
    const source_line line = names == nullptr ? source_line{nullptr, 0} : names->find_line(stack[i]);
    if (line.file != nullptr) {
      out.text(" at ").text(line.file).text(":").number(static_cast<std::uint64_t>(line.line));
    } else if (location.module != nullptr) {
      out.text(" in ").text(location.module).text("+").hex(location.module_offset);
    }
    out.text("\n");
  }
}

} // namespace spies

void write_stack(int descriptor, stack_id id) noexcept {
  spies::text_writer out(descriptor);
  spies::write_frames(out, stored_stack(id), nullptr);
}

} // namespace mallocspy
