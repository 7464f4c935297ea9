// SPDX-License-Identifier: MIT
// HeapWalk, HeapSummary.
#include "heap/failure.hpp"
#include "heap/handles.hpp"
#include "heap/heap_elements.hpp"
#include "heap/process_heap.hpp"
#include "task/process_gate.hpp"

#include <mallocspy/heap/walking.hpp>

namespace mallocspy {

using namespace heap;

namespace {

template <class To> To saturated(std::size_t value) noexcept {
  constexpr To most = static_cast<To>(-1);
  return value < most ? static_cast<To>(value) : most;
}

DWORD describe(PROCESS_HEAP_ENTRY& to, WORD flags, std::uintptr_t address, std::size_t size, std::size_t overhead,
               std::size_t index) noexcept {
  to = PROCESS_HEAP_ENTRY{};
  to.lpData = reinterpret_cast<PVOID>(address);
  to.cbData = saturated<DWORD>(size);
  to.cbOverhead = saturated<BYTE>(overhead);
  to.iRegionIndex = saturated<BYTE>(index);
  to.wFlags = flags;
  return NO_ERROR;
}

DWORD describe_region(PROCESS_HEAP_ENTRY& to, std::uintptr_t begin, std::uintptr_t end, std::uintptr_t used,
                      std::size_t index) noexcept {
  describe(to, PROCESS_HEAP_REGION, begin, end - begin, 0, index);
  to.Region.dwCommittedSize = saturated<DWORD>(used - begin);
  to.Region.dwUnCommittedSize = saturated<DWORD>(end - used);
  to.Region.lpFirstBlock = reinterpret_cast<LPVOID>(begin);
  to.Region.lpLastBlock = reinterpret_cast<LPVOID>(end);
  return NO_ERROR;
}

// returns: the bytes that a block has beyond its size
std::size_t slack(std::size_t size) noexcept {
  return granules_for(size) * granule_size - size;
}

bool is_region(const PROCESS_HEAP_ENTRY& entry) noexcept {
  return (entry.wFlags & PROCESS_HEAP_REGION) != 0;
}
bool is_busy(const PROCESS_HEAP_ENTRY& entry) noexcept {
  return (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0;
}

// The walk through a private heap: segments by address, each with its elements, then large blocks by address.

DWORD walk_to_large(private_heap& heap, PROCESS_HEAP_ENTRY& entry, std::uintptr_t from, std::size_t index) noexcept {
  const region* r = heap.regions().next(from, false);
  return r == nullptr ? ERROR_NO_MORE_ITEMS
                      : describe(entry, PROCESS_HEAP_ENTRY_BUSY, r->address, r->size, r->mapped - r->size, index);
}

DWORD walk_to_segment(private_heap& heap, PROCESS_HEAP_ENTRY& entry, std::uintptr_t from, std::size_t index) noexcept {
  const region* r = heap.regions().next(from, true);
  if (r == nullptr) {
    return walk_to_large(heap, entry, 0, index);
  }
  const auto& s = *reinterpret_cast<const segment*>(r->address);
  return describe_region(entry, s.begin, s.end, s.used_end, index);
}

DWORD walk_to_element(private_heap& heap, PROCESS_HEAP_ENTRY& entry, const segment& s, std::uintptr_t at) noexcept {
  if (at >= s.end) {
    return walk_to_segment(heap, entry, s.end, std::size_t{entry.iRegionIndex} + 1);
  }
  const element e = element_at(s, at);
  const bool live = e.kind == element_kind::live;
  const std::size_t size = live ? e.size : e.end - e.address;
  return describe(entry, live ? PROCESS_HEAP_ENTRY_BUSY : WORD{0}, at, size, live ? slack(size) : 0, entry.iRegionIndex);
}

DWORD walk_private(private_heap& heap, PROCESS_HEAP_ENTRY& entry) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(entry.lpData);
  if (at == 0) {
    if (heap.regions().next(0, true) == nullptr) {
      // An empty heap has no memory yet. Its region is where it has its records.
      const auto here = reinterpret_cast<std::uintptr_t>(&heap);
      return describe_region(entry, here, here, here, 0);
    }
    return walk_to_segment(heap, entry, 0, 0);
  }
  if (at == reinterpret_cast<std::uintptr_t>(&heap)) {
    return walk_to_segment(heap, entry, 0, 0);
  }
  if (const segment* s = heap.find_segment(at)) {
    if (is_region(entry)) {
      return at == s->begin ? walk_to_element(heap, entry, *s, at) : ERROR_INVALID_PARAMETER;
    }
    const element e = element_at(*s, at);
    const bool stale = e.kind == element_kind::none || (is_busy(entry) && e.kind != element_kind::live);
    return stale ? ERROR_INVALID_PARAMETER : walk_to_element(heap, entry, *s, e.end);
  }
  return is_busy(entry) && heap.size_of(entry.lpData) != blocks::no_size
             ? walk_to_large(heap, entry, at + 1, std::size_t{entry.iRegionIndex} + 1)
             : ERROR_INVALID_PARAMETER;
}

// The walk through the process heap: one region, from its lowest block on, and its live blocks.
DWORD walk_process(PROCESS_HEAP_ENTRY& entry) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(entry.lpData);
  if (at == 0) {
    const blocks::found_block first = first_block_from(0);
    // A process whose heap is empty has a region all the same.
    const std::uintptr_t begin = first.start != 0 ? first.start : process_heap_handle;
    describe(entry, PROCESS_HEAP_REGION, begin, 0, 0, 0);
    entry.Region.lpFirstBlock = entry.lpData;
    entry.Region.lpLastBlock = reinterpret_cast<LPVOID>(std::uintptr_t{1} << blocks::address_bits);
    return NO_ERROR;
  }
  if (is_busy(entry) && process_size(entry.lpData, false) == blocks::no_size) {
    return ERROR_INVALID_PARAMETER;
  }
  const blocks::found_block found = first_block_from(is_region(entry) ? at : at + granule_size);
  return found.start == 0 ? ERROR_NO_MORE_ITEMS
                          : describe(entry, PROCESS_HEAP_ENTRY_BUSY, found.start, found.size, slack(found.size), 0);
}

void sum_up(HEAP_SUMMARY& sum, private_heap& heap) noexcept {
  heap.regions().for_each([&](const region& r) {
    if (r.size != region::is_segment) {
      sum.cbAllocated += r.size;
      sum.cbCommitted += r.mapped;
      sum.cbReserved += r.mapped;
      return;
    }
    const auto& s = *reinterpret_cast<const segment*>(r.address);
    for_each_element(s, [&](const element& e) {
      sum.cbAllocated += e.size;
      return true;
    });
    sum.cbCommitted += s.used_end - s.begin;
    sum.cbReserved += s.end - s.begin;
  });
  sum.cbMaxReserve = heap.maximum() != 0 ? heap.maximum() : sum.cbReserved;
}

void sum_up_process_heap(HEAP_SUMMARY& sum) noexcept {
  for (blocks::found_block b = first_block_from(0); b.start != 0; b = first_block_from(b.start + granule_size)) {
    sum.cbAllocated += b.size;
    sum.cbCommitted += granules_for(b.size) * granule_size;
  }
  sum.cbReserved = sum.cbCommitted;
  sum.cbMaxReserve = sum.cbReserved;
}

} // namespace

BOOL HeapWalk(HANDLE hHeap, LPPROCESS_HEAP_ENTRY lpEntry) noexcept {
  const heap_use use(hHeap, 0);
  if (!use && !is_process_heap(hHeap)) {
    return fail(ERROR_INVALID_HANDLE);
  }
  if (lpEntry == nullptr) {
    return fail(ERROR_INVALID_PARAMETER);
  }
  if (!use) {
    task::enter_process_heap();
  }
  const DWORD error = use ? walk_private(*use.operator->(), *lpEntry) : walk_process(*lpEntry);
  return error == NO_ERROR ? TRUE : fail(error);
}

BOOL HeapSummary(HANDLE hHeap, DWORD dwFlags, LPHEAP_SUMMARY lpSummary) noexcept {
  const heap_use use(hHeap, 0);
  if (!use && !is_process_heap(hHeap)) {
    return fail(ERROR_INVALID_HANDLE);
  }
  if (dwFlags != 0 || lpSummary == nullptr || lpSummary->cb != sizeof(HEAP_SUMMARY)) {
    return fail(ERROR_INVALID_PARAMETER);
  }
  HEAP_SUMMARY sum{};
  sum.cb = sizeof sum;
  if (use) {
    sum_up(sum, *use.operator->());
  } else {
    task::enter_process_heap();
    sum_up_process_heap(sum);
  }
  *lpSummary = sum;
  return TRUE;
}

} // namespace mallocspy
