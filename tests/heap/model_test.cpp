// SPDX-License-Identifier: MIT
// Random operations on several heaps, against a model: an ordered map for each of what lives, how large, and with what in
// it.
#include "blocks/build_kind.hpp"
#include "blocks/misuse_recorder.hpp"
#include "heap/some_heap.hpp"
#include "support/pattern.hpp"

#include <map>
#include <memory>
#include <random>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

struct block {
  SIZE_T size;
  std::size_t key;
};

class modelled_heap {
public:
  modelled_heap(HANDLE heap, DWORD flags, std::mt19937& random) : m_heap(heap), m_flags(flags), m_random(random) {}

  void step() {
    switch (m_live.empty() ? 0 : m_random() % 8) {
    case 0:
    case 1:
    case 2:
      allocate();
      break;
    case 3:
    case 4:
      resize(any());
      break;
    case 5:
    case 6:
      release(any());
      break;
    default:
      ask(any());
    }
  }

  void free_all() {
    while (!m_live.empty()) {
      release(m_live.begin());
    }
  }

  // returns: whether the heap holds what the model holds, by its walk
  bool agrees() const {
    std::map<void*, SIZE_T> busy;
    for (PROCESS_HEAP_ENTRY entry{}; HeapWalk(m_heap, &entry);) {
      if ((entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0) {
        busy.emplace(entry.lpData, entry.cbData);
      }
    }
    std::size_t found = 0;
    for (const auto& [p, b] : m_live) {
      const auto at = busy.find(p);
      found += at != busy.end() && at->second == b.size && support::holds(p, b.size, b.key) ? 1U : 0U;
    }
    const bool only_these = m_heap == GetProcessHeap() || busy.size() == m_live.size();
    return found == m_live.size() && only_these && HeapValidate(m_heap, m_flags, nullptr);
  }

  void* some_block() const {
    return m_live.empty() ? nullptr : m_live.begin()->first;
  }
  bool has(void* p) const {
    return m_live.count(p) != 0;
  }
  HANDLE handle() const {
    return m_heap;
  }
  unsigned faults() const {
    return m_faults;
  }

private:
  using place = std::map<void*, block>::iterator;

  void expect(bool good) {
    m_faults += good ? 0U : 1U;
  }
  place any() {
    return std::next(m_live.begin(), static_cast<std::ptrdiff_t>(m_random() % m_live.size()));
  }
  SIZE_T some_size() {
    switch (m_random() % 64) {
    case 0:
      return m_random() % 2000000;
    case 1:
    case 2:
    case 4:
    case 5:
      return m_random() % 40000;
    case 3:
      return 480 + m_random() % 40;
    default:
      return m_random() % 300;
    }
  }

  // effects: enters a fresh block, which overlaps none that lives
  void enter(void* p, block b) {
    const auto after = m_live.lower_bound(p);
    expect(after == m_live.end() || at(p, static_cast<std::ptrdiff_t>(b.size)) <= after->first);
    if (after != m_live.begin()) {
      const auto before = std::prev(after);
      expect(at(before->first, static_cast<std::ptrdiff_t>(before->second.size)) <= p);
    }
    expect(HeapSize(m_heap, m_flags, p) == b.size);
    support::fill(p, b.size, b.key);
    m_live[p] = b;
  }

  void allocate() {
    const SIZE_T size = some_size();
    const DWORD zero = m_random() % 4 == 0 ? HEAP_ZERO_MEMORY : 0;
    void* p = HeapAlloc(m_heap, m_flags | zero, size);
    if (p != nullptr) {
      expect(m_live.count(p) == 0);
      expect(zero == 0 || all_zero(p, 0, size));
      enter(p, {size, m_random()});
    }
  }

  void resize(place chosen) {
    void* p = chosen->first;
    const block old = chosen->second;
    const SIZE_T size = some_size();
    const DWORD zero = m_random() % 4 == 0 ? HEAP_ZERO_MEMORY : 0;
    const DWORD in_place = m_random() % 4 == 0 ? HEAP_REALLOC_IN_PLACE_ONLY : 0;
    void* q = HeapReAlloc(m_heap, m_flags | zero | in_place, p, size);
    if (q == nullptr) {
      expect(size > old.size);
      expect(HeapSize(m_heap, m_flags, p) == old.size && support::holds(p, old.size, old.key));
      return;
    }
    expect(size > old.size || q == p); // decision 37
    expect(in_place == 0 || q == p);
    expect(support::holds(q, old.size < size ? old.size : size, old.key));
    expect(zero == 0 || all_zero(q, old.size, size));
    m_live.erase(chosen);
    enter(q, {size, m_random()});
  }

  void release(place chosen) {
    void* p = chosen->first;
    expect(support::holds(p, chosen->second.size, chosen->second.key));
    expect(HeapFree(m_heap, m_flags, p) == TRUE);
    m_live.erase(chosen);
    expect(HeapSize(m_heap, m_flags, p) == no_size);
    if (m_heap != GetProcessHeap()) {
      expect(HeapFree(m_heap, m_flags, p) == FALSE);
    }
  }

  void ask(place chosen) {
    const auto offset = static_cast<std::ptrdiff_t>(1 + m_random() % (chosen->second.size + 20));
    void* q = at(chosen->first, offset);
    expect(HeapSize(m_heap, m_flags, chosen->first) == chosen->second.size);
    expect((HeapSize(m_heap, m_flags, q) != no_size) == (m_live.count(q) != 0) || m_heap == GetProcessHeap());
    expect(HeapValidate(m_heap, m_flags, chosen->first) == TRUE);
  }

  HANDLE m_heap;
  DWORD m_flags;
  std::mt19937& m_random;
  std::map<void*, block> m_live;
  unsigned m_faults = 0;
};

} // namespace

TEST_CASE("random operations on several heaps agree with a model", "[heap][model]") {
  const misuse_recorder told;
  for (unsigned seed = 1; seed <= 3; ++seed) {
    std::mt19937 random(seed);
    const some_heap growable;
    const some_heap unserialized(HEAP_NO_SERIALIZE);
    const some_heap fixed(0, 0, SIZE_T{2} << 20);
    const some_heap small(HEAP_NO_SERIALIZE, 0, 65536);
    std::vector<std::unique_ptr<modelled_heap>> heaps;
    for (const auto& [handle, flags] : {std::pair{growable.get(), DWORD{0}},
                                        {growable.get(), HEAP_NO_SERIALIZE},
                                        {unserialized.get(), DWORD{0}},
                                        {fixed.get(), DWORD{0}},
                                        {small.get(), DWORD{0}},
                                        {GetProcessHeap(), DWORD{0}}}) {
      // One model for each heap: flags differ from call to call instead.
      if (heaps.empty() || heaps.back()->handle() != handle) {
        heaps.push_back(std::make_unique<modelled_heap>(handle, flags, random));
      }
    }
    const int steps = sanitized ? 2000 : 6000;
    bool foreign_told = true;
    for (int i = 0; i < steps; ++i) {
      modelled_heap& heap = *heaps[random() % heaps.size()];
      heap.step();
      if (i % 50 == 0) {
        // A block of one heap is none of another.
        const modelled_heap& other = *heaps[random() % heaps.size()];
        void* p = other.some_block();
        if (p != nullptr && &other != &heap) {
          foreign_told = foreign_told && HeapSize(heap.handle(), 0, p) == no_size &&
                         HeapFree(heap.handle(), 0, p) == FALSE && HeapReAlloc(heap.handle(), 0, p, 1) == nullptr;
        }
      }
      if (i % (steps / 8) == 0) {
        for (const auto& h : heaps) {
          CHECK(h->agrees());
        }
        HeapCompact(heaps[random() % heaps.size()]->handle(), 0);
      }
    }
    CHECK(foreign_told);
    for (const auto& h : heaps) {
      CHECK(h->agrees());
      h->free_all();
      CHECK(h->agrees());
      CHECK(h->faults() == 0);
    }
  }
}
