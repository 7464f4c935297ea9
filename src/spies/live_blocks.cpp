// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/live_blocks.hpp"

#include "blocks/one_thread.hpp"
#include "blocks/table_memory.hpp"

namespace mallocspy::spies {

namespace {

constexpr std::uint32_t batch = 256; // new records for a thread at a time
// With more in stock, half of them go to who needs them: a thread may free what others allocate.
constexpr std::uint32_t most_in_stock = 32768;
constexpr auto relaxed = std::memory_order_relaxed;

constexpr std::uintptr_t hide(std::uintptr_t address) noexcept {
  return ~address; // never 0 for a pointer of user space
}

template <class T> T* made(std::atomic<T*>& slot, std::size_t count) noexcept {
  T* present = slot.load(std::memory_order_acquire);
  if (MALLOCSPY_LIKELY(present != nullptr)) {
    return present;
  }
  auto* fresh = static_cast<T*>(blocks::map_table(count * sizeof(T)));
  if (fresh != nullptr && !slot.compare_exchange_strong(present, fresh, std::memory_order_acq_rel)) {
    blocks::unmap_table(fresh, count * sizeof(T)); // another thread was faster
    return present;
  }
  return fresh;
}

} // namespace

live_blocks::live_blocks() noexcept
    : m_top(static_cast<std::atomic<place*>*>(blocks::map_table(top_count * sizeof(std::atomic<place*>)))),
      m_chunks(static_cast<std::atomic<record*>*>(blocks::map_table(chunk_count * sizeof(std::atomic<record*>)))) {}

live_blocks::~live_blocks() {
  for (place* leaf = m_leaves.load(relaxed); leaf != nullptr;) {
    auto* header = reinterpret_cast<leaf_header*>(leaf) - 1;
    leaf = header->next.load(relaxed);
    blocks::unmap_table(header, leaf_size);
  }
  for (std::size_t i = 0; m_chunks != nullptr && i <= m_next.load(relaxed) >> chunk_bits; ++i) {
    if (record* chunk = m_chunks[i].load(relaxed)) {
      blocks::unmap_table(chunk, chunk_records * sizeof(record));
    }
  }
  if (m_chunks != nullptr) {
    blocks::unmap_table(m_chunks, chunk_count * sizeof *m_chunks);
  }
  if (m_top != nullptr) {
    blocks::unmap_table(m_top, top_count * sizeof *m_top);
  }
}

live_blocks::place* live_blocks::make_place(std::uintptr_t address) noexcept {
  if ((address >> address_bits) != 0 || m_top == nullptr) {
    return nullptr;
  }
  auto* header = static_cast<leaf_header*>(blocks::map_table(leaf_size));
  if (header == nullptr) {
    return nullptr;
  }
  auto* leaf = reinterpret_cast<place*>(header + 1);
  place* present = nullptr;
  if (!m_top[address >> leaf_bits].compare_exchange_strong(present, leaf, std::memory_order_acq_rel)) {
    blocks::unmap_table(header, leaf_size); // another thread was faster
    leaf = present;
  } else {
    place* next = m_leaves.load(relaxed);
    do {
      header->next.store(next, relaxed);
    } while (!m_leaves.compare_exchange_weak(next, leaf, std::memory_order_release, relaxed));
  }
  return &leaf[(address >> granule_bits) % leaf_count];
}

std::uint32_t live_blocks::take_new(std::uint32_t count) noexcept {
  if (m_chunks == nullptr) {
    return 0;
  }
  for (;;) {
    std::uint32_t first = m_next.load(relaxed);
    // Within one chunk: what is left at its end stays unused.
    const bool fits = (first >> chunk_bits) == ((first + count - 1) >> chunk_bits);
    const std::uint32_t start = fits ? first : ((first >> chunk_bits) + 1) << chunk_bits;
    if (start + count < first || made(m_chunks[start >> chunk_bits], chunk_records) == nullptr) {
      return 0; // four billion are too many, or no memory
    }
    if (m_next.compare_exchange_weak(first, start + count, relaxed)) {
      return start;
    }
  }
}

bool live_blocks::refill(stock& s) noexcept {
  if (m_returned.load(relaxed) != 0) {
    // All are taken, since taking one off a list that others change is not safe; those that are not needed go back.
    if (const std::uint32_t mine = m_returned.exchange(0, std::memory_order_acquire)) {
      auto other = static_cast<std::uint32_t>(at(mine)->number.load(relaxed));
      while (other != 0) {
        const auto next = static_cast<std::uint32_t>(at(other)->number.load(relaxed));
        push_returned(other, at(other)->thread.load(relaxed));
        other = next;
      }
      s.first.store(mine, relaxed);
      s.count.store(at(mine)->thread.load(relaxed), relaxed);
      return true;
    }
  }
  const std::uint32_t fresh = take_new(batch);
  s.fresh.store(fresh, relaxed);
  s.fresh_end.store(fresh == 0 ? 0 : fresh + batch, relaxed);
  return fresh != 0;
}

std::uint32_t live_blocks::take_record() noexcept {
  const auto mine = m_stocks.mine();
  if (MALLOCSPY_UNLIKELY(mine.shared)) {
    return take_new(1);
  }
  stock& s = mine.entry;
  for (;;) {
    if (const std::uint32_t number = s.first.load(relaxed)) {
      s.first.store(at(number)->stack.load(relaxed), relaxed);
      s.count.store(s.count.load(relaxed) - 1, relaxed);
      return number;
    }
    const std::uint32_t fresh = s.fresh.load(relaxed);
    if (fresh != s.fresh_end.load(relaxed)) {
      s.fresh.store(fresh + 1, relaxed);
      return fresh;
    }
    if (!refill(s)) {
      return 0;
    }
  }
}

void live_blocks::push_returned(std::uint32_t first, std::uint32_t count) noexcept {
  record& r = *at(first);
  r.thread.store(count, relaxed);
  std::uint32_t head = m_returned.load(relaxed);
  do {
    r.number.store(head, relaxed);
  } while (!m_returned.compare_exchange_weak(head, first, std::memory_order_release, relaxed));
}

void live_blocks::give_back(std::uint32_t number) noexcept {
  const auto mine = m_stocks.mine();
  if (MALLOCSPY_UNLIKELY(mine.shared)) {
    at(number)->stack.store(0, relaxed);
    push_returned(number, 1);
    return;
  }
  stock& s = mine.entry;
  at(number)->stack.store(s.first.load(relaxed), relaxed);
  s.first.store(number, relaxed);
  const std::uint32_t count = s.count.load(relaxed) + 1;
  s.count.store(count, relaxed);
  if (MALLOCSPY_UNLIKELY(count > most_in_stock)) {
    std::uint32_t last = number;
    for (std::uint32_t i = 1; i < most_in_stock / 2; ++i) {
      last = at(last)->stack.load(relaxed);
    }
    s.first.store(at(last)->stack.load(relaxed), relaxed);
    s.count.store(count - most_in_stock / 2, relaxed);
    at(last)->stack.store(0, relaxed);
    push_returned(number, most_in_stock / 2);
  }
}

bool live_blocks::put(const block_facts& facts) noexcept {
  place* p = find_place(facts.address);
  if (MALLOCSPY_UNLIKELY(p == nullptr)) {
    p = make_place(facts.address);
  }
  const std::uint32_t number = p == nullptr ? 0 : take_record();
  if (MALLOCSPY_UNLIKELY(number == 0)) {
    return false;
  }
  record& r = *at(number);
  r.size.store(facts.size, relaxed);
  r.number.store(facts.number, relaxed);
  r.stack.store(facts.stack, relaxed);
  r.thread.store(facts.thread, relaxed);
  r.hidden.store(hide(facts.address), std::memory_order_release);
  p->store(number, std::memory_order_release);
  return true;
}

bool live_blocks::read(std::uint32_t number, block_facts& facts) const noexcept {
  const record* chunk = m_chunks == nullptr ? nullptr : m_chunks[number >> chunk_bits].load(std::memory_order_acquire);
  if (chunk == nullptr) {
    return false;
  }
  const record& r = chunk[number % chunk_records];
  const std::uintptr_t hidden = r.hidden.load(std::memory_order_acquire);
  if (hidden == 0) {
    return false;
  }
  facts = {hide(hidden), r.size.load(relaxed), r.number.load(relaxed), r.stack.load(relaxed), r.thread.load(relaxed)};
  // The number of a request is never used twice: the same one means that nothing has changed in between.
  std::atomic_thread_fence(std::memory_order_acquire);
  return r.number.load(relaxed) == facts.number && r.hidden.load(relaxed) == hidden;
}

bool live_blocks::find(std::uintptr_t address, block_facts& facts) const noexcept {
  const place* p = find_place(address);
  const std::uint32_t number = p == nullptr ? 0 : p->load(std::memory_order_acquire);
  return number != 0 && read(number, facts) && facts.address == address;
}

bool live_blocks::take(std::uintptr_t address, block_facts* facts) noexcept {
  place* p = find_place(address);
  std::uint32_t number = p == nullptr ? 0 : p->load(std::memory_order_acquire);
  if (number == 0) {
    return false;
  }
  record& r = *at(number);
  if (MALLOCSPY_UNLIKELY(r.hidden.load(relaxed) != hide(address))) {
    return false;
  }
  if (facts != nullptr) {
    *facts = {address, r.size.load(relaxed), r.number.load(relaxed), r.stack.load(relaxed), r.thread.load(relaxed)};
  }
  // Of two threads that free one block at once, one gets it.
  if (blocks::process_has_one_thread()) {
    p->store(0, relaxed);
  } else if (!p->compare_exchange_strong(number, 0, std::memory_order_acq_rel)) {
    return false;
  }
  r.hidden.store(0, std::memory_order_release);
  give_back(number);
  return true;
}

} // namespace mallocspy::spies
