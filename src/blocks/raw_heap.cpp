// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "blocks/raw_heap.hpp"

#include "blocks/misuse_report.hpp"

#include <mallocspy/blocks/ownership.hpp>

namespace mallocspy {

bool owns(const void* p) noexcept {
  return blocks::raw_owns(p);
}

std::size_t requested_size(const void* p) noexcept {
  return blocks::raw_size(p);
}

} // namespace mallocspy

namespace mallocspy::blocks::detail {

void* admit_slowly(void* p, std::size_t size, marks m) noexcept {
  if (p == nullptr) {
    return nullptr;
  }
  map_byte* byte = make_byte(p);
  if (byte == nullptr) {
    backing::release(p);
    return nullptr;
  }
  if constexpr (sanitizer::wants_usable_size) {
    sanitizer::block_lives(p, size, backing::usable_size(p));
  }
  publish(byte, size, m);
  return p;
}

placed_block place_uncached(std::size_t size, marks m) noexcept {
  void* p = admit(backing::allocate_class(class_of_short(size)), size, m);
  return {p, p == nullptr ? nullptr : byte_of_block(p)};
}

void* admit_wasteful(void* p, std::size_t size, marks m) noexcept {
  map_byte* byte = p == nullptr ? nullptr : make_byte(p);
  if (byte == nullptr) {
    if (p != nullptr) {
      backing::release(p);
    }
    return nullptr;
  }
  if constexpr (sanitizer::wants_usable_size) {
    sanitizer::block_lives(p, size, backing::usable_size(p));
  }
  publish_large(byte, size, m);
  return p;
}

void misused(const void* p, const char* operation) {
  report_misuse(p, operation);
}

} // namespace mallocspy::blocks::detail
