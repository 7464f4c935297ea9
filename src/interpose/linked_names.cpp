// SPDX-License-Identifier: MIT
#include "interpose/linked_names.hpp"

#include "blocks/line.hpp"
#include "interpose/malloc_family.hpp"
#include "interpose/mismatches.hpp"
#include "interpose/operations.hpp"
#include "spies/symbols/loaded_module.hpp"
#include "task/fork_handlers.hpp"

#include <atomic>
#include <dlfcn.h>
#include <mallocspy/interpose/check.hpp>
#if defined(__GLIBC__)
#include <link.h>
#endif
#if defined(__APPLE__)
#include <cstdlib>
#include <cstring>
#endif

namespace mallocspy {

namespace interpose {

namespace {

std::atomic<const linked_name*> linked{nullptr};

#if defined(__APPLE__)

// dyld may be forbidden to interpose, and then leaves everything as it is. What the C library itself allocates shows it.
bool others_come_to_us() noexcept {
  char* made = ::strdup("mallocspy");
  const bool ours = is_ours(made);
  ours ? c_free(made) : std::free(made);
  return ours;
}

// returns: malloc, if other modules' does not come to us; null if it does
const linked_name* first_stranger(const linked_name* names) noexcept {
  return others_come_to_us() ? nullptr : names;
}

#else

// returns: whether this is not a definition, but a jump to one. A program that is linked to fixed addresses and takes the
//   address of a library's function has such a jump, which all modules then take for the function. It leads to the first
//   definition behind the program
bool is_only_a_jump(const void* function) noexcept {
#if defined(__GLIBC__)
  Dl_info info{};
  const ElfW(Sym)* symbol = nullptr;
  return dladdr1(function, &info, const_cast<void**>(reinterpret_cast<const void**>(&symbol)), RTLD_DL_SYMENT) != 0 &&
         symbol != nullptr && symbol->st_shndx == SHN_UNDEF;
#else
  return function == nullptr;
#endif
}

bool lies_in_program(const void* function) noexcept {
  const spies::loaded_module module = spies::find_module(reinterpret_cast<std::uintptr_t>(function));
  return module.end != 0 && module.name[0] == '\0';
}

// returns: whether a program, which ours is preloaded into, has replaced an operator for itself, as C++ lets it
bool is_the_programs_own(const linked_name& name, const void* found) noexcept {
  return name.is_operator && lies_in_program(found) && !lies_in_program(name.address);
}

// returns: the first name that is not ours; null if all are
const linked_name* first_stranger(const linked_name* names) noexcept {
  for (const linked_name* each = names; each->address != nullptr; ++each) {
    const void* found = dlsym(RTLD_DEFAULT, each->name);
    if (found != each->address && !is_only_a_jump(found) && !is_the_programs_own(*each, found)) {
      return each;
    }
  }
  return nullptr;
}

#endif

void tell(const linked_name& stranger) noexcept {
  void* found = dlsym(RTLD_DEFAULT, stranger.name);
  Dl_info info{};
  const bool known = found != nullptr && dladdr(found, &info) != 0 && info.dli_fname != nullptr;
  blocks::line()
      .text(stranger.title)
      .text(" of this process comes from ")
      .text(known ? info.dli_fname : "an unknown module")
      .text(", not from mallocspy::interpose: allocations are missed")
      .write();
}

} // namespace

void start(const linked_name* names, const next_definitions& next) {
  linked.store(names, std::memory_order_release);
  // Early, so that the handlers of others that allocate run before ours at a fork, and after ours behind it.
  task::install_fork_handlers();
  use_next(next);
  ask_environment_about_mismatches();
  if (const linked_name* stranger = first_stranger(names)) {
    tell(*stranger);
  }
}

} // namespace interpose

const char* first_not_interposed() noexcept {
  const interpose::linked_name* names = interpose::linked.load(std::memory_order_acquire);
  if (names == nullptr) {
    return "malloc";
  }
  const interpose::linked_name* stranger = interpose::first_stranger(names);
  return stranger == nullptr ? nullptr : stranger->title;
}

} // namespace mallocspy
