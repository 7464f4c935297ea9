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

// effects: publishes a block that was resized where it is. If it has become a small part of its room, like a large one, so
//   that it is not kept for others of its size
void publish_within(map_byte* byte, std::size_t size, std::size_t usable) noexcept {
  if (size < first_large && usable >= room_for_large && usable / 2 > backing::extent_of(size)) {
    publish_large(byte, size, marks::keep);
  } else {
    publish(byte, size, marks::keep);
  }
}

// effects: gives back a block that is out of the map, and with it whatever a spy's clients had inside
void give_back(void* p, size_class of) {
  task::forget_client_pointers(p, backing::usable_size(p));
  blocks::detail::hand_back(p, of);
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
  if (backing::extent_of(size) <= usable) { // as in raw_reallocate
    sanitizer::block_lives(p, size, usable);
    publish_within(byte, size, usable);
    return {p, present};
  }
  void* fresh = in_place_only ? nullptr : raw_allocate(size, marks::keep);
  if (fresh == nullptr) {
    publish(byte, present, marks::keep);
    return {nullptr, present};
  }
  std::memcpy(fresh, p, present);
  give_back(p, class_of_block(value));
  return {fresh, present};
}

bool process_free(void* p, bool serialized) {
  enter(serialized);
  map_byte* byte = find_byte(p);
  const std::uint8_t value = byte == nullptr ? 0 : byte->load(std::memory_order_relaxed);
  if (byte == nullptr || !claim(byte, value)) {
    return false;
  }
  give_back(p, class_of_block(value));
  return true;
}

std::size_t process_size(const void* p, bool serialized) noexcept {
  enter(serialized);
  return raw_size(p);
}

} // namespace mallocspy::heap
