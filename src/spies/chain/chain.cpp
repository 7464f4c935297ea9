// SPDX-License-Identifier: MIT
// A chain's hooks for allocation, reallocation and free. Run inside hooks: never allocate from what is hooked.
//
// What a Pre did is carried to its Post behind what the spies themselves carry, and taken from there first.
#include "spies/chain/chain_inner.hpp"
#include "spies/chain/chain_strangers.hpp"
#include "spies/threads/carried.hpp"

namespace mallocspy {

namespace {

constexpr unsigned bit(unsigned spy) noexcept {
  return 1U << (spy % 32);
}

struct allocation {
  unsigned know; // the spies that get a Post
};

struct release {
  unsigned called; // how many spies heard of it
  unsigned spyed;  // for which of them the block was theirs
};

struct reallocation {
  unsigned moved_from; // the first spy for which it is an allocation
  unsigned spyed;
  void* before[chain::most_spies]; // each spy's pointer
};

} // namespace

BOOL chain::spyed_by(unsigned spy, const void* block, BOOL fSpyed) const noexcept {
  return fSpyed != FALSE && !m_strangers->has(spy, block) ? TRUE : FALSE;
}

SIZE_T chain::PreAlloc(SIZE_T cbRequest) {
  SIZE_T size = cbRequest;
  allocation done{0};
  for (unsigned i = 0; i < m_count; ++i) {
    const SIZE_T wanted = m_spies[i]->PreAlloc(size);
    if (MALLOCSPY_LIKELY(wanted != 0 || size == 0)) {
      done.know |= bit(i);
      size = wanted;
    } else if (cbRequest != 0) {
      while (i-- != 0) {
        m_spies[i]->PostAlloc(nullptr);
      }
      return 0;
    }
  }
  if (MALLOCSPY_UNLIKELY(!spies::carry(this, done)) && cbRequest != 0) {
    for (unsigned i = m_count; i-- != 0;) {
      m_spies[i]->PostAlloc(nullptr);
    }
    return 0;
  }
  return size;
}

void* chain::PostAlloc(void* pActual) {
  allocation done{~0U};
  spies::take(this, done);
  void* block = pActual;
  for (unsigned i = m_count; i-- != 0;) {
    // Where there is no memory to remember that a spy must not know the block, it knows it.
    if (MALLOCSPY_LIKELY((done.know & bit(i)) != 0) || (block != nullptr && !m_strangers->add(i, block))) {
      block = m_spies[i]->PostAlloc(block);
    }
  }
  return block;
}

void* chain::PreFree(void* pRequest, BOOL fSpyed) {
  release done{0, 0};
  void* block = pRequest;
  while (done.called < m_count && block != nullptr) {
    const unsigned i = done.called++;
    const BOOL spyed = spyed_by(i, block, fSpyed);
    done.spyed |= spyed != FALSE ? bit(i) : 0;
    if (spyed == FALSE) {
      m_strangers->remove(i, block);
    }
    const inner behind(*this, i + 1, fSpyed);
    const spies::asking_inner_sizes asking(&behind);
    block = m_spies[i]->PreFree(block, spyed);
  }
  spies::carry(this, done);
  return block;
}

void chain::PostFree(BOOL fSpyed) {
  release done{m_count, fSpyed != FALSE ? ~0U : 0U};
  spies::take(this, done);
  for (unsigned i = done.called; i-- != 0;) {
    m_spies[i]->PostFree((done.spyed & bit(i)) != 0 ? TRUE : FALSE);
  }
}

SIZE_T chain::PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) {
  reallocation done{m_count, 0, {}};
  void* block = pRequest;
  SIZE_T size = cbRequest;
  unsigned asked = 0;
  for (; asked < m_count && size != 0; ++asked) {
    if (MALLOCSPY_UNLIKELY(block == nullptr)) {
      done.moved_from = done.moved_from < asked ? done.moved_from : asked;
      size = m_spies[asked]->PreAlloc(size);
      continue;
    }
    const BOOL spyed = spyed_by(asked, block, fSpyed);
    done.spyed |= spyed != FALSE ? bit(asked) : 0;
    done.before[asked] = block;
    void* next = block;
    const inner behind(*this, asked + 1, fSpyed);
    const spies::asking_inner_sizes asking(&behind);
    size = m_spies[asked]->PreRealloc(block, size, &next, spyed);
    block = next;
  }
  // The one that refused gets no Post; where all said yes and there is no memory to carry on, all get one.
  const bool refused = size == 0;
  if (MALLOCSPY_UNLIKELY(refused || !spies::carry(this, done))) {
    for (unsigned i = refused ? asked - 1 : asked; i-- != 0;) {
      if (i >= done.moved_from) {
        m_spies[i]->PostAlloc(nullptr);
      } else {
        m_spies[i]->PostRealloc(nullptr, (done.spyed & bit(i)) != 0 ? TRUE : FALSE);
      }
    }
    *ppNewRequest = pRequest;
    return 0;
  }
  *ppNewRequest = block;
  return size;
}

void* chain::PostRealloc(void* pActual, BOOL) {
  reallocation done{};
  if (!spies::take(this, done)) {
    return pActual; // never: PreRealloc refuses what it cannot carry
  }
  void* block = pActual;
  for (unsigned i = m_count; i-- != 0;) {
    if (i >= done.moved_from) {
      block = m_spies[i]->PostAlloc(block);
      continue;
    }
    const BOOL spyed = (done.spyed & bit(i)) != 0 ? TRUE : FALSE;
    block = m_spies[i]->PostRealloc(block, spyed);
    if (block != nullptr && spyed == FALSE) {
      m_strangers->remove(i, done.before[i]); // it knows the block now
    }
  }
  return block;
}

} // namespace mallocspy
