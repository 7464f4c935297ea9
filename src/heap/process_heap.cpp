// SPDX-License-Identifier: MIT
#include "heap/process_heap.hpp"

#include "blocks/raw_heap.hpp"
#include "task/process_gate.hpp"
#include "task/silent_removal.hpp"

namespace mallocspy::heap {

using namespace blocks;

namespace {

void enter(bool serialized) noexcept {
  if (serialized) {
    task::enter_process_heap();
  }
}

// effects: gives back a block that is out of the map, and with it whatever a spy's clients had inside
void give_back(void* p) {
  task::forget_client_pointers(p, backing::usable_size(p));
  blocks::detail::hand_back(p);
}

} // namespace

void* process_alloc(std::size_t size, bool zeroed, bool serialized) noexcept {
  enter(serialized);
  raw_request request;
  request.zeroed = zeroed;
  request.about = marks::keep;
  return raw_allocate(size, request);
}

resized process_resize(void* p, std::size_t size, bool in_place_only, bool serialized) {
  enter(serialized);
  map_byte* byte = find_byte(p);
  const std::uint8_t value = byte == nullptr ? 0 : byte->load(std::memory_order_acquire);
  // Out of the map until the outcome is known, so that a thread that frees it meanwhile is told so.
  if (byte == nullptr || !claim(byte, value)) {
    return {nullptr, no_size};
  }
  const std::size_t present = read_size(byte, value);
  const std::size_t usable = backing::usable_size(p);
  if (size <= usable) {
    sanitizer::block_lives(p, size, usable);
    publish(byte, size, marks::keep);
    return {p, present};
  }
  void* fresh = in_place_only ? nullptr : raw_allocate(size, marks::keep);
  if (fresh == nullptr) {
    publish(byte, present, marks::keep);
    return {nullptr, present};
  }
  std::memcpy(fresh, p, present);
  give_back(p);
  return {fresh, present};
}

bool process_free(void* p, bool serialized) {
  enter(serialized);
  map_byte* byte = find_byte(p);
  if (byte == nullptr || !blocks::detail::claim_ahead_of_release(byte, p)) {
    return false;
  }
  give_back(p);
  return true;
}

std::size_t process_size(const void* p, bool serialized) noexcept {
  enter(serialized);
  return raw_size(p);
}

} // namespace mallocspy::heap
