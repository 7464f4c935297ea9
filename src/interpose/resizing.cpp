// SPDX-License-Identifier: MIT
// realloc and its variants, and malloc_usable_size.
// Runs inside hooks: never allocates from what is hooked, takes no lock without a spy.
#include "blocks/misuse_report.hpp"
#include "heap/process_heap.hpp"
#include "interpose/foreign_pointers.hpp"
#include "interpose/malloc_family.hpp"
#include "interpose/mismatches.hpp"
#include "interpose/operations.hpp"

#include <cerrno>
#include <cstring>

namespace mallocspy::interpose {

namespace {

void* move_to_new_block(void* p, std::size_t size) {
  const std::size_t present = blocks::raw_size(p);
  void* fresh = c_malloc(size);
  if (fresh != nullptr) {
    std::memcpy(fresh, p, present < size ? present : size);
    c_free(p);
  }
  return fresh;
}

// As free_in_hook: the spy is not called, and what it knew of the block leaves its set.
void* resize_in_hook(void* p, std::size_t size, const void* frame) {
  if (task::spied_pointers.contains(p)) {
    return blocks::raw_owns(p) ? move_to_new_block(p, size) : task::spied_realloc(c_request, p, size, frame);
  }
  return task::raw_realloc(p, size);
}

void* resize(void* p, std::size_t size, const void* frame) {
  if (!task::spy_registered()) {
    return blocks::raw_reallocate(p, size, "realloc", [](std::size_t) {});
  }
  return task::spy_thread::in_call() ? resize_in_hook(p, size, frame) : task::spied_realloc(c_request, p, size, frame);
}

void* resize_ours(void* p, std::size_t size, const void* frame) {
  const remembered before = tells_mismatches() ? origin_of(p) : remembered{origin::unknown, 0};
  if (before.made_by != origin::unknown) {
    check_origin(p, origin::c_library, "realloc");
  }
  void* moved = resize(p, size, frame);
  if (MALLOCSPY_UNLIKELY(tells_mismatches())) {
    if (moved != nullptr) {
      remember_origin(moved, origin::c_library, size);
    } else if (before.made_by != origin::unknown) {
      remember_origin(p, before.made_by, before.size);
    }
  }
  return moved;
}

MALLOCSPY_OUT_OF_LINE void* resize_or_enomem(void* p, std::size_t size) {
  if (!is_ours(p)) {
    if (const next_definitions* next = next_for(p)) {
      return next->realloc(p, size);
    }
    if (!task::spy_registered()) {
      blocks::report_misuse(p, "realloc");
      errno = EINVAL;
      return nullptr;
    }
  }
  void* moved = size > PTRDIFF_MAX ? nullptr : resize_ours(p, size, __builtin_frame_address(0));
  if (moved == nullptr) {
    errno = ENOMEM;
  }
  return moved;
}

bool overflows(std::size_t count, std::size_t size, std::size_t& total) noexcept {
  return __builtin_mul_overflow(count, size, &total);
}

// The size of a block that the map does not tell without a further question.
MALLOCSPY_OUT_OF_LINE std::size_t size_otherwise(void* p) {
  if (p == nullptr) {
    return 0;
  }
  if (!is_ours(p)) {
    if (const next_definitions* next = next_for(p)) {
      return next->usable_size(p);
    }
  }
  const bool only_spy_knows = task::spy_registered() && !blocks::raw_owns(p);
  const std::size_t size = goes_unspied() && !only_spy_knows ? blocks::raw_size(p) : task::spied_get_size(c_request, p);
  return size == blocks::no_size ? 0 : size;
}

} // namespace

void* c_realloc(void* p, std::size_t size) {
  if (p == nullptr) {
    return c_malloc(size);
  }
  if (size == 0) {
    c_free(p);
    return nullptr;
  }
  return resize_or_enomem(p, size);
}

void* c_reallocarray(void* p, std::size_t count, std::size_t size) {
  std::size_t total = 0;
  if (overflows(count, size, total)) {
    errno = ENOMEM;
    return nullptr;
  }
  return c_realloc(p, total);
}

void* c_reallocf(void* p, std::size_t size) {
  void* moved = c_realloc(p, size);
  if (moved == nullptr && size != 0) {
    c_free(p);
  }
  return moved;
}

int c_reallocarr(void* place_of_pointer, std::size_t count, std::size_t size) {
  const int kept = errno;
  void* p = nullptr;
  std::memcpy(&p, place_of_pointer, sizeof p);
  std::size_t total = 0;
  if (overflows(count, size, total)) {
    return EOVERFLOW;
  }
  void* moved = nullptr;
  if (total == 0) {
    c_free(p);
  } else {
    moved = c_realloc(p, total);
    errno = kept;
    if (moved == nullptr) {
      return ENOMEM;
    }
  }
  std::memcpy(place_of_pointer, &moved, sizeof moved);
  return 0;
}

std::size_t c_usable_size(void* p) {
  const blocks::map_byte* byte = task::find_unspied(p);
  if (MALLOCSPY_LIKELY(byte != nullptr)) {
    const std::size_t size = blocks::read_size(byte, byte->load(std::memory_order_acquire));
    if (MALLOCSPY_LIKELY(size != blocks::no_size)) {
      return size;
    }
  }
  return size_otherwise(p);
}

} // namespace mallocspy::interpose
