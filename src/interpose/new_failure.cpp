// SPDX-License-Identifier: MIT
#include "interpose/new_failure.hpp"

#include <dlfcn.h>
#include <new>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

namespace mallocspy::interpose {

namespace {

#if defined(__linux__)
void* module_of(void* address) noexcept {
  Dl_info found{};
  return dladdr(address, &found) != 0 ? found.dli_fbase : nullptr;
}
#endif

// returns: whether the C++ runtime that this code is linked with is a private part of this shared library
bool has_private_runtime() noexcept {
#if defined(__linux__)
  void* ours = module_of(reinterpret_cast<void*>(&call_new_handler_or_throw));
  void* program = module_of(reinterpret_cast<void*>(getauxval(AT_ENTRY)));
  return ours != program &&
         ours == module_of(reinterpret_cast<void*>(static_cast<std::new_handler (*)()>(&std::get_new_handler)));
#else
  return false;
#endif
}

// returns: the function of that name in the runtime that the program uses; null if it has none that can be found
template <class Function> Function* of_program(const char* mangled) noexcept {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, mangled));
}

} // namespace

void call_new_handler_or_throw() {
  const bool foreign = has_private_runtime();
  auto* get_handler = foreign ? of_program<std::new_handler()>("_ZSt15get_new_handlerv") : nullptr;
  const std::new_handler handler = get_handler != nullptr ? get_handler() : std::get_new_handler();
  if (handler != nullptr) {
    handler();
    return;
  }
  if (auto* thrower = foreign ? of_program<void()>("_ZSt17__throw_bad_allocv") : nullptr) {
    thrower();
  }
  throw std::bad_alloc();
}

} // namespace mallocspy::interpose
