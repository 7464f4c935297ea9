// SPDX-License-Identifier: MIT
// The guard's hooks but those of reallocation. Run inside hooks: never allocate from what is hooked.
#include "blocks/raw_heap.hpp"
#include "spies/guard/guard_parts.hpp"
#include "spies/memory/own_memory.hpp"
#include "spies/threads/carried.hpp"

#include <mallocspy/blocks/request_info.hpp>

namespace mallocspy {

using spies::block_state;
using spies::guarded_block;

namespace {

// What PreAlloc has for PostAlloc.
struct allocation {
  guarded_block* block; // null: a request of 0 bytes for which there was no record
  spies::guard_layout layout;
};

// What PreFree has for PostFree.
struct retirement {
  guarded_block* block; // that is to enter the quarantine; null: none
};

bool find_faulting_block(const spies::guard_table& table, std::uintptr_t page, const void* address, guard_finding& found) {
  const auto* at = static_cast<const char*>(address);
  bool hit = false;
  table.for_each_unlocked([&](const guarded_block& b) {
    const bool freed = b.state == block_state::quarantined;
    const char* from =
        freed ? reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(b.client) & ~(page - 1)) : b.end;
    if (b.paged && at >= from && at < b.end + page) {
      const guard_fault fault = freed ? guard_fault::use_after_free : guard_fault::overflow;
      found = {fault, "access", b.client, b.size, at - b.client, b.allocated, b.freed};
      hit = true;
    }
  });
  return hit;
}

} // namespace

guard::guard(const guard_options& options) : spy_base(spy_calls::concurrent), m_parts(spies::make_own<parts>(options)) {
  if (!m_parts->table) {
    spies::destroy_own(m_parts);
    throw std::bad_alloc();
  }
  if (options.pages) {
    guard_faults::watch(m_parts, [](const void* context, const void* address, guard_finding& found) {
      const auto& watched = *static_cast<const parts*>(context);
      return find_faulting_block(watched.table, watched.pages.page_size(), address, found);
    });
  }
}

guard::~guard() {
  guard_faults::watch_no_more(m_parts);
  while (guarded_block* block = m_parts->quarantine.take_oldest()) {
    m_parts->take_out(*block);
    void* raw = m_parts->forget(block);
    if (m_parts->options.host != nullptr) {
      m_parts->options.host->Free(raw);
    } else if (blocks::raw_owns(raw)) {
      blocks::raw_free(raw, "Free"); // for every other spy it was freed long ago
    }
  }
  spies::destroy_own(m_parts);
}

SIZE_T guard::PreAlloc(SIZE_T cbRequest) {
  allocation begun{m_parts->table.make(), m_parts->plan(cbRequest, current_request().alignment)};
  if (begun.block != nullptr && spies::carry(this, begun)) {
    return begun.layout.total();
  }
  m_parts->give_up(begun.layout);
  if (begun.block != nullptr) {
    m_parts->table.drop(begun.block);
  }
  return 0;
}

void* guard::PostAlloc(void* pActual) {
  allocation begun{nullptr, {0, 1, 0, 0, false}};
  if (!spies::take(this, begun)) {
    return pActual;
  }
  guarded_block& block = *begun.block;
  if (pActual == nullptr) {
    m_parts->give_up(begun.layout);
    m_parts->table.drop(&block);
    return nullptr;
  }
  begun.layout.place(block, pActual, begun.layout.total());
  if (m_parts->options.fill && !current_request().zeroed) {
    std::memset(block.client, spies::fresh_byte, m_parts->zones.filled_part(block.size));
  }
  block.allocated = m_parts->stack_here();
  m_parts->begin(block);
  return block.client;
}

void* guard::PreFree(void* pRequest, BOOL) {
  retirement begun{nullptr};
  void* const raw = m_parts->free(pRequest, begun.block);
  if (!spies::carry(&m_parts->quarantine, begun) && begun.block != nullptr) {
    m_parts->quarantine.enter(*begun.block); // no memory to wait with
  }
  return raw;
}

void guard::PostFree(BOOL) {
  retirement begun{nullptr};
  if (spies::take(&m_parts->quarantine, begun) && begun.block != nullptr) {
    m_parts->quarantine.enter(*begun.block);
  }
}

void* guard::parts::free(void* pRequest, guarded_block*& retired) noexcept {
  const spies::guard_table::found known = table.claim(pRequest);
  if (known.block == nullptr) {
    // The start of the raw block is a live block to the heap.
    guarded_block behind{};
    if (table.copy(static_cast<char*>(pRequest) + red_zone, behind) && behind.raw == pRequest) {
      tell(behind, guard_fault::not_the_block, -static_cast<std::ptrdiff_t>(red_zone), "Free");
      return nullptr;
    }
    return pRequest;
  }
  guarded_block& block = *known.block;
  if (known.state != block_state::live) {
    guarded_block copied{};
    if (table.copy(pRequest, copied)) {
      tell(copied, guard_fault::freed_twice, 0, "Free");
    }
    return nullptr;
  }
  inspect(block, false, "Free");
  const spies::guard_quarantine::room room = quarantine.reserve(block.raw_size);
  if (!room.granted) {
    table.erase(block);
    if (block.paged) {
      pages.open(block);
    }
    return forget(&block);
  }
  retire(block, stack_here());
  retired = &block;
  if (room.leaves == nullptr) {
    return nullptr;
  }
  take_out(*room.leaves);
  return forget(room.leaves);
}

void* guard::PreGetSize(void* pRequest, BOOL) {
  guarded_block copied{};
  const bool live = m_parts->table.copy(pRequest, copied) && copied.state != block_state::quarantined;
  spies::carry(this, live ? copied.size : static_cast<SIZE_T>(-1));
  return live ? copied.raw : pRequest;
}

SIZE_T guard::PostGetSize(SIZE_T cbActual, BOOL) {
  SIZE_T size = 0;
  const bool guarded = spies::take(this, size) && size != static_cast<SIZE_T>(-1);
  return guarded ? size : cbActual;
}

void* guard::PreDidAlloc(void* pRequest, BOOL) {
  guarded_block copied{};
  const bool live = m_parts->table.copy(pRequest, copied) && copied.state != block_state::quarantined;
  return live ? copied.raw : pRequest;
}

} // namespace mallocspy
