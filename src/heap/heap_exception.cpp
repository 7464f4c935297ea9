// SPDX-License-Identifier: MIT
#include <mallocspy/heap/heap_exception.hpp>

namespace mallocspy {

heap_exception::~heap_exception() = default;

const char* heap_exception::what() const noexcept {
  return m_code == STATUS_NO_MEMORY ? "heap: no memory" : "heap: a wrong handle or pointer";
}

} // namespace mallocspy
