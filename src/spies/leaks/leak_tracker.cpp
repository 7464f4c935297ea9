// SPDX-License-Identifier: MIT
// The hooks of leak_tracker. Run inside hooks: never allocate from what is hooked, take no lock.
#include "blocks/one_thread.hpp"
#include "spies/leaks/leak_tables.hpp"
#include "spies/memory/own_memory.hpp"
#include "spies/memory/permanent_memory.hpp"
#include "spies/stacks/client_stack.hpp"
#include "spies/threads/carried.hpp"

#include <algorithm>

namespace mallocspy {

namespace {

// What PreRealloc has for PostRealloc.
struct resizing {
  spies::block_facts old; // address 0: it was not recorded
  SIZE_T size;
};

std::uint64_t take_number(std::atomic<std::uint64_t>& next) noexcept {
  if (blocks::process_has_one_thread()) {
    const std::uint64_t number = next.load(std::memory_order_relaxed);
    next.store(number + 1, std::memory_order_relaxed);
    return number;
  }
  return next.fetch_add(1, std::memory_order_relaxed);
}

// effects: puts a block in, with the number of the stack that called for it
MALLOCSPY_INLINE void put_with_stack(spies::live_blocks& live, const spies::block_facts& facts, std::size_t depth,
                                     std::atomic<std::uint64_t>& untracked) noexcept {
  if (MALLOCSPY_UNLIKELY(!live.put_here(facts, [depth] { return spies::client_stack_here(depth); }))) {
    untracked.fetch_add(1, std::memory_order_relaxed);
  }
}

void put(spies::live_blocks& live, const spies::block_facts& facts, std::atomic<std::uint64_t>& untracked) noexcept {
  if (MALLOCSPY_UNLIKELY(!live.put(facts))) {
    untracked.fetch_add(1, std::memory_order_relaxed);
  }
}

MALLOCSPY_INLINE std::uint32_t thread_number() noexcept {
  if (MALLOCSPY_UNLIKELY(spies::this_thread.serial == 0)) {
    spies::number_this_thread();
  }
  return spies::this_thread.serial;
}

} // namespace

std::uint32_t this_thread_number() noexcept {
  return thread_number();
}

leak_tracker::leak_tracker(const leak_options& options)
    : spy_base(spy_calls::concurrent), m_tables(spies::make_own<tables>(options)) {}

leak_tracker::~leak_tracker() {
  spies::destroy_own(m_tables);
}

SIZE_T leak_tracker::PreAlloc(SIZE_T cbRequest) {
  if (MALLOCSPY_LIKELY(m_tables->recording.load(std::memory_order_relaxed))) {
    spies::carry(this, cbRequest);
  }
  return cbRequest;
}

void* leak_tracker::PostAlloc(void* pActual) {
  SIZE_T size = 0;
  if (MALLOCSPY_UNLIKELY(!spies::take(this, size))) {
    return pActual; // out of a window
  }
  const std::uint64_t number = take_number(m_tables->next_number);
  if (MALLOCSPY_LIKELY(pActual != nullptr)) {
    const auto address = reinterpret_cast<std::uintptr_t>(pActual);
    if (MALLOCSPY_LIKELY(size >= sizeof(std::uintptr_t))) {
      // The heap left the address of its next free block here: it must not look as if this block held that one.
      *static_cast<std::uintptr_t*>(pActual) = 0;
    }
    put_with_stack(m_tables->live, {address, size, number, 0, thread_number()}, m_tables->depth, m_tables->untracked);
  }
  return pActual;
}

void* leak_tracker::PreFree(void* pRequest, BOOL) {
  m_tables->live.take_here(reinterpret_cast<std::uintptr_t>(pRequest));
  return pRequest;
}

SIZE_T leak_tracker::PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL) {
  *ppNewRequest = pRequest;
  // Taken out now: once it is freed, another thread may get its address before PostRealloc comes.
  resizing r{{}, cbRequest};
  if (!m_tables->live.take(reinterpret_cast<std::uintptr_t>(pRequest), &r.old)) {
    r.old.address = 0;
  }
  if (MALLOCSPY_UNLIKELY(!spies::carry(this, r)) && r.old.address != 0) {
    put(m_tables->live, r.old, m_tables->untracked); // it stays what it was, if it stays where it was
  }
  return cbRequest;
}

void* leak_tracker::PostRealloc(void* pActual, BOOL) {
  resizing r{};
  if (MALLOCSPY_UNLIKELY(!spies::take(this, r))) {
    return pActual;
  }
  if (pActual == nullptr) {
    if (r.old.address != 0) {
      put(m_tables->live, r.old, m_tables->untracked);
    }
    return nullptr;
  }
  if (m_tables->recording.load(std::memory_order_relaxed)) {
    const auto address = reinterpret_cast<std::uintptr_t>(pActual);
    const std::uint64_t number = take_number(m_tables->next_number);
    put_with_stack(m_tables->live, {address, r.size, number, 0, thread_number()}, m_tables->depth, m_tables->untracked);
  } else if (r.old.address != 0) {
    r.old.address = reinterpret_cast<std::uintptr_t>(pActual);
    r.old.size = r.size;
    put(m_tables->live, r.old, m_tables->untracked);
  }
  return pActual;
}

void leak_tracker::start() noexcept {
  m_tables->recording.store(true, std::memory_order_relaxed);
}

void leak_tracker::stop() noexcept {
  m_tables->recording.store(false, std::memory_order_relaxed);
}

std::uint64_t leak_tracker::mark() const noexcept {
  return m_tables->next_number.load(std::memory_order_relaxed);
}

std::uint64_t leak_tracker::untracked() const noexcept {
  return m_tables->untracked.load(std::memory_order_relaxed);
}

bool leak_tracker::expect(const void* block) noexcept {
  spies::block_facts facts;
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  if (!m_tables->live.take(address, &facts)) {
    return false;
  }
  facts.thread |= spies::expected_mark;
  put(m_tables->live, facts, m_tables->untracked);
  return true;
}

bool leak_tracker::expect_under(const char* part) noexcept {
  const char* copy = spies::copy_permanently(part);
  const std::size_t place = copy == nullptr ? tables::most_parts : m_tables->parts_taken.load(std::memory_order_relaxed);
  if (place >= tables::most_parts) {
    return false;
  }
  const std::size_t mine = m_tables->parts_taken.fetch_add(1, std::memory_order_relaxed);
  if (mine >= tables::most_parts) {
    return false;
  }
  m_tables->parts[mine].store(copy, std::memory_order_release);
  return true;
}

leak_tracker::live leak_tracker::count() const noexcept {
  live sum{};
  spies::block_facts facts;
  for (std::uint32_t i = 1; i < m_tables->live.bound(); ++i) {
    if (m_tables->live.read(i, facts)) {
      ++sum.blocks;
      sum.bytes += facts.size;
    }
  }
  return sum;
}

} // namespace mallocspy
