// SPDX-License-Identifier: MIT
// The guard's reallocation. Runs inside hooks: never allocates from what is hooked.
//
// Where there is room in quarantine the block always moves, so that a use of its old place is found. The heap is asked for
// a new block, or, where one must leave quarantine, to resize that one: it gives one block back for each that it keeps.
#include "spies/guard/guard_parts.hpp"
#include "spies/memory/block_size.hpp"
#include "spies/threads/carried.hpp"

#include <algorithm>

namespace mallocspy {

using spies::block_state;
using spies::guarded_block;

// What PreRealloc has for PostRealloc.
struct guard::reallocation {
  enum class way {
    pass,   // not ours: nothing is done
    move,   // to a new block; the old one goes to quarantine
    resize, // the heap resizes the raw block
    adopt,  // an unspied block gets red zones
  };

  way how = way::pass;
  guarded_block* old = nullptr;    // move, resize
  guarded_block* leaves = nullptr; // move: who leaves quarantine for it; may be null
  guarded_block* fresh = nullptr;  // all but pass
  spies::guard_layout layout{0, 1, 0, 0, false};
  SIZE_T size = 0;    // what the client asks for
  SIZE_T asked = 0;   // what the heap is asked for
  SIZE_T kept = 0;    // bytes of contents to keep
  SIZE_T payload = 0; // resize, adopt: where in the raw block they are

  // effects: decides how, and sets aside what it takes
  void choose(parts& all, SIZE_T before) noexcept;
  // effects: the blocks that the heap will resize are made ready for it
  // returns: the raw pointer for the heap
  void* hand_over(parts& all, void* client) const noexcept;
  // effects: all is as before; `handed_over`: of hand_over too
  void undo(parts& all, bool handed_over) const noexcept;
  // returns: the client's pointer to the block that the heap made
  void* finish(parts& all, void* actual) const noexcept;
};

void guard::reallocation::choose(parts& all, SIZE_T before) noexcept {
  fresh = all.table.make();
  layout = all.plan(size, 2 * sizeof(void*));
  asked = layout.total();
  kept = std::min(before, size);
  if (old == nullptr) {
    how = way::adopt;
    asked = std::max(asked, kept);
    return;
  }
  const spies::guard_quarantine::room room = all.quarantine.reserve(old->raw_size);
  if (room.granted) {
    how = way::move;
    leaves = room.leaves;
    return;
  }
  how = way::resize;
  payload = static_cast<SIZE_T>(old->client - old->raw);
  asked = std::max(asked, payload + kept);
}

void* guard::reallocation::hand_over(parts& all, void* client) const noexcept {
  switch (how) {
  case way::move:
    if (leaves == nullptr) {
      return nullptr;
    }
    all.take_out(*leaves);
    return leaves->raw;
  case way::resize:
    all.table.erase(*old);
    if (old->paged) {
      all.pages.open(*old);
    }
    return old->raw;
  default:
    return client;
  }
}

void guard::reallocation::undo(parts& all, bool handed_over) const noexcept {
  if (how == way::move) {
    if (leaves != nullptr && handed_over) {
      all.put_back(*leaves);
    }
    all.quarantine.cancel(old->raw_size, leaves);
    all.table.set_state(*old, block_state::live);
  } else if (how == way::resize && handed_over) {
    if (old->paged) {
      all.pages.protect_end(*old);
    }
    old->state = block_state::live;
    all.table.insert(*old);
  } else if (how == way::resize) {
    all.table.set_state(*old, block_state::live);
  }
  all.give_up(layout);
  if (fresh != nullptr) {
    all.table.drop(fresh);
  }
}

void* guard::reallocation::finish(parts& all, void* actual) const noexcept {
  const stack_id here = all.stack_here();
  layout.place(*fresh, actual, asked);
  fresh->allocated = here;
  if (how == way::move) {
    std::memcpy(fresh->client, old->client, kept);
    if (leaves != nullptr) {
      all.forget(leaves);
    }
  } else {
    std::memmove(fresh->client, static_cast<char*>(actual) + payload, kept);
    if (old != nullptr) {
      all.forget(old);
    }
  }
  const SIZE_T filled = all.zones.filled_part(size);
  if (all.options.fill && filled > kept) {
    std::memset(fresh->client + kept, spies::fresh_byte, filled - kept);
  }
  char* client = fresh->client;
  all.begin(*fresh);
  if (how == way::move) {
    all.retire(*old, here);
    all.quarantine.enter(*old);
  }
  return client;
}

SIZE_T guard::PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) {
  *ppNewRequest = pRequest;
  reallocation call;
  call.size = cbRequest;
  const spies::guard_table::found known = m_parts->table.claim(pRequest);
  SIZE_T before = spies::unknown_size;
  if (known.block == nullptr) {
    before = fSpyed != FALSE ? spies::unknown_size : spies::size_of_block(pRequest, m_parts->options.host);
  } else if (known.state == block_state::live) {
    call.old = known.block;
    before = call.old->size;
    m_parts->inspect(*call.old, false, "Realloc");
  } else {
    guarded_block copied{};
    if (m_parts->table.copy(pRequest, copied)) {
      m_parts->tell(copied, guard_fault::freed_twice, 0, "Realloc");
    }
    return 0;
  }
  if (before == spies::unknown_size) {
    return spies::carry(this, call) ? cbRequest : 0; // the heap knows what to say about it
  }
  call.choose(*m_parts, before);
  if (call.fresh == nullptr || !spies::carry(this, call)) {
    call.undo(*m_parts, false);
    return 0;
  }
  *ppNewRequest = call.hand_over(*m_parts, pRequest);
  return call.asked;
}

void* guard::PostRealloc(void* pActual, BOOL) {
  reallocation call;
  if (!spies::take(this, call) || call.how == reallocation::way::pass) {
    return pActual;
  }
  if (pActual == nullptr) {
    call.undo(*m_parts, true);
    return nullptr;
  }
  return call.finish(*m_parts, pActual);
}

} // namespace mallocspy
