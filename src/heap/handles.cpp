// SPDX-License-Identifier: MIT
#include "heap/handles.hpp"

#include "blocks/fork_safe_lock.hpp"
#include "blocks/table_memory.hpp"

#include <mutex>
#include <new>
#include <pthread.h>

namespace mallocspy::heap {

std::atomic<private_heap*> heap_places[place_count];

namespace {

// Guards what follows. Taken before the lock of a heap, never while one is held.
blocks::fork_safe_lock lock;
std::size_t places = 1; // the process heap's
private_heap* unused = nullptr;
private_heap* first = nullptr; // in the order of creation
private_heap* last = nullptr;

// A fork waits for the calls that are in a heap, so that the child finds every heap whole. Heaps that are not serialized
// are their users' business.
void before_fork() {
  lock.lock();
  for (private_heap* heap = first; heap != nullptr; heap = heap->next) {
    heap->gate.lock();
  }
}
void after_fork_in_parent() {
  for (private_heap* heap = first; heap != nullptr; heap = heap->next) {
    heap->gate.unlock();
  }
  lock.unlock();
}
void after_fork_in_child() {
  for (private_heap* heap = first; heap != nullptr; heap = heap->next) {
    heap->gate.keep_only_mine();
    heap->gate.unlock();
  }
  lock.unlock();
}

void install_fork_handlers() {
  pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

// returns: a heap that is not open, with a place of its own; null without memory or place
private_heap* unused_heap() noexcept {
  if (unused != nullptr) {
    private_heap* heap = unused;
    unused = heap->next;
    return heap;
  }
  void* memory = places == place_count ? nullptr : blocks::map_table(sizeof(private_heap));
  if (memory == nullptr) {
    return nullptr;
  }
  auto* heap = new (memory) private_heap;
  heap->last_handle = places << place_shift;
  heap_places[places++].store(heap, std::memory_order_release);
  return heap;
}

void put_away(private_heap* heap) noexcept {
  heap->next = unused;
  unused = heap;
}

} // namespace

std::uintptr_t create_heap(DWORD options, std::size_t maximum) noexcept {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install_fork_handlers);
  const std::lock_guard<blocks::fork_safe_lock> held(lock);
  private_heap* heap = unused_heap();
  if (heap == nullptr) {
    return 0;
  }
  if (!heap->open(options, maximum)) {
    put_away(heap);
    return 0;
  }
  heap->next = nullptr;
  heap->before = last;
  (last == nullptr ? first : last->next) = heap;
  last = heap;
  // The next number for this place, whoever had the one before.
  heap->last_handle += std::uintptr_t{1} << (place_bits + place_shift);
  heap->handle.store(heap->last_handle, std::memory_order_release);
  return heap->last_handle;
}

bool destroy_heap(HANDLE handle) noexcept {
  private_heap* heap = nullptr;
  {
    const heap_use use(handle, 0);
    if (!use) {
      return false;
    }
    heap = use.operator->();
    heap->handle.store(0, std::memory_order_relaxed);
    heap->gate.open(); // who waits finds no heap
  }
  // Nobody finds it any more: no lock is needed for its memory.
  heap->close();
  const std::lock_guard<blocks::fork_safe_lock> held(lock);
  (heap->before == nullptr ? first : heap->before->next) = heap->next;
  (heap->next == nullptr ? last : heap->next->before) = heap->before;
  put_away(heap);
  return true;
}

std::size_t list_heaps(HANDLE* to, std::size_t room) noexcept {
  const std::lock_guard<blocks::fork_safe_lock> held(lock);
  std::size_t count = 0;
  for (const private_heap* heap = first; heap != nullptr; heap = heap->next) {
    const std::uintptr_t handle = heap->handle.load(std::memory_order_relaxed);
    if (handle == 0) {
      continue; // being destroyed at this moment
    }
    if (count < room) {
      to[count] = reinterpret_cast<HANDLE>(handle);
    }
    ++count;
  }
  return count;
}

std::size_t used_places() noexcept {
  const std::lock_guard<blocks::fork_safe_lock> held(lock);
  return places;
}

} // namespace mallocspy::heap
