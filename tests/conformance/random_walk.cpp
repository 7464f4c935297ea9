// SPDX-License-Identifier: MIT
#include "conformance/random_walk.hpp"

#include "support/pattern.hpp"

#include <algorithm>

namespace conformance {

namespace {

constexpr std::uintptr_t header = 16;
constexpr SIZE_T unknown = static_cast<SIZE_T>(-1);
constexpr std::size_t most_blocks = 2000;
constexpr std::size_t remembered_freed = 256;

void* pointer(std::uintptr_t address) {
  return reinterpret_cast<void*>(address);
}

std::uintptr_t address_of(const void* p) {
  return reinterpret_cast<std::uintptr_t>(p);
}

std::string mismatch(const std::string& what, std::size_t got, std::size_t expected) {
  return what + ": " + std::to_string(got) + " instead of " + std::to_string(expected);
}

} // namespace

random_walk::random_walk(subject& s, std::uint32_t seed)
    : m_subject(s), m_spy(support::make_ref<random_spy>()), m_random(seed), m_freed(remembered_freed, 0) {}

std::string random_walk::begin() {
  while (m_unspied_list.size() < 100) {
    // Not of the size class of a block of 0 bytes with its header: the end of one may be the start of the other.
    const SIZE_T size = 100 + below(5000);
    insert(m_unspied, m_unspied_list, m_subject.Alloc(size), size);
  }
  return m_subject.register_spy(m_spy.get()) == S_OK ? "" : "the spy was not registered";
}

std::string random_walk::step() {
  m_spy->next = fate::serve;
  m_spy->take();
  const std::size_t choice = below(10000);
  const bool full = m_spied_list.size() >= most_blocks;
  if (m_spied_list.empty() || (choice < 3000 && !full)) {
    return allocate();
  }
  if (choice < 5200) {
    return free_spied();
  }
  if (choice < 7200) {
    return resize();
  }
  if (choice < 7500) {
    return resize_to_nothing();
  }
  if (choice < 8600) {
    return ask_size();
  }
  if (choice < 9700) {
    return ask_owner();
  }
  if (choice < 9800) {
    return resize_unspied();
  }
  if (choice < 9810) {
    return free_unspied();
  }
  if (choice < 9998) {
    return m_subject.can(ability::reports_misuse) ? misuse() : ask_owner();
  }
  return minimize();
}

std::string random_walk::drain() {
  std::string wrong;
  const bool early = below(2) == 0 && !m_spied_list.empty();
  if (early && m_subject.revoke_spy() != E_ACCESSDENIED) {
    return "a spy with live blocks was revoked";
  }
  while (wrong.empty() && !m_spied_list.empty()) {
    wrong = free_spied();
  }
  while (wrong.empty() && !m_unspied_list.empty() && !early) {
    wrong = free_unspied();
  }
  if (wrong.empty() && m_subject.revoke_spy() != (early ? CO_E_OBJNOTREG : S_OK)) {
    wrong = "the revocation did not complete";
  }
  if (wrong.empty() && m_spy->references() != 1) {
    wrong = "the spy was not released";
  }
  for (const auto& left : m_unspied) {
    m_subject.Free(pointer(left.first));
  }
  m_unspied.clear();
  m_unspied_list.clear();
  return wrong;
}

// As programs ask: 45 in 100 up to 32 bytes, 97 up to 256, a few very long.
SIZE_T random_walk::any_size() {
  const std::size_t kind = below(1000);
  if (kind < 450) {
    return below(33);
  }
  if (kind < 970) {
    return below(257);
  }
  return kind < 998 ? below(5000) : below(150000);
}

random_walk::fate random_walk::any_fate() {
  const std::size_t kind = below(100);
  if (kind < 3) {
    return fate::refuse;
  }
  return kind < 5 ? fate::exhaust : fate::serve;
}

std::uintptr_t random_walk::any_spied() {
  return m_spied_list[below(m_spied_list.size())];
}

// Live, interior, raw, freed, random.
std::uintptr_t random_walk::any_pointer() {
  const std::uintptr_t spied = any_spied();
  switch (below(10)) {
  case 0:
  case 1:
  case 2:
    return spied;
  case 3:
    return m_unspied_list.empty() ? spied : m_unspied_list[below(m_unspied_list.size())];
  case 4:
  case 5:
    return spied + 1 + below(m_spied.at(spied).size + 1);
  case 6:
    return spied - header;
  case 7:
  case 8:
    return m_freed[below(m_freed.size())] + (below(4) == 0 ? 16 : 0);
  default:
    return (std::uintptr_t{m_random()} << (below(40))) ^ m_random();
  }
}

void random_walk::insert(blocks& kind, std::vector<std::uintptr_t>& list, void* p, SIZE_T size) {
  const std::size_t key = m_next_key++;
  support::fill(p, size, key);
  kind[address_of(p)] = {size, key, list.size()};
  list.push_back(address_of(p));
}

void random_walk::erase(blocks& kind, std::vector<std::uintptr_t>& list, std::uintptr_t p) {
  const auto it = kind.find(p);
  kind.at(list.back()).place = it->second.place;
  std::swap(list[it->second.place], list.back());
  list.pop_back();
  kind.erase(it);
  m_freed[m_freed_next++ % m_freed.size()] = p;
}

bool random_walk::is_live(std::uintptr_t p) const {
  return m_spied.count(p) != 0 || m_unspied.count(p) != 0;
}

// What the heap below the spy must say to a pointer that is no spied client's.
SIZE_T random_walk::raw_size(std::uintptr_t p) const {
  const auto unspied = m_unspied.find(p);
  if (unspied != m_unspied.end()) {
    return unspied->second.size;
  }
  const auto above = m_spied.find(p + header);
  return above != m_spied.end() ? above->second.size + header : unknown;
}

std::string random_walk::saw(unsigned pres, unsigned posts, bool spyed, const char* what) {
  const random_spy::glimpse seen = m_spy->take();
  if (seen.pres != pres || seen.posts != posts) {
    return mismatch(what + std::string(", Pre and Post in hundreds and ones"), seen.pres * 100 + seen.posts,
                    pres * 100 + posts);
  }
  if (seen.spyed != (spyed ? TRUE : FALSE) || !seen.same_in_post) {
    return what + std::string(": wrong fSpyed");
  }
  return "";
}

std::string random_walk::allocate() {
  const SIZE_T size = any_size();
  const fate f = size == 0 ? fate::serve : any_fate();
  m_spy->next = f;
  void* p = below(5) == 0 ? m_subject.Realloc(nullptr, size) : m_subject.Alloc(size);
  if ((p != nullptr) != (f == fate::serve)) {
    return "Alloc(" + std::to_string(size) + "): the wrong outcome";
  }
  if (p != nullptr && is_live(address_of(p))) {
    return "Alloc(" + std::to_string(size) + "): a pointer that is alive already";
  }
  if (p != nullptr) {
    insert(m_spied, m_spied_list, p, size);
  }
  return saw(1, f == fate::refuse ? 0 : 1, false, "Alloc");
}

std::string random_walk::resize() {
  const std::uintptr_t old = any_spied();
  const block was = m_spied.at(old);
  const SIZE_T size = 1 + (below(3) == 0 ? was.size + below(16) : any_size());
  const SIZE_T kept = std::min(size, was.size);
  const fate f = any_fate();
  m_spy->next = f;
  void* p = m_subject.Realloc(pointer(old), size);
  if ((p != nullptr) != (f == fate::serve)) {
    return "Realloc(" + std::to_string(size) + "): the wrong outcome";
  }
  const void* holder = p != nullptr ? p : pointer(old);
  if (!support::holds(holder, p != nullptr ? kept : was.size, was.key)) {
    return "Realloc(" + std::to_string(size) + "): contents lost";
  }
  if (p != nullptr) {
    erase(m_spied, m_spied_list, old);
    if (is_live(address_of(p))) {
      return "Realloc(" + std::to_string(size) + "): a pointer that is alive already";
    }
    insert(m_spied, m_spied_list, p, size);
  }
  return saw(1, f == fate::refuse ? 0 : 1, true, "Realloc");
}

std::string random_walk::resize_to_nothing() {
  const std::uintptr_t p = any_spied();
  erase(m_spied, m_spied_list, p);
  if (m_subject.Realloc(pointer(p), 0) != nullptr) {
    return "Realloc to 0: not null";
  }
  return saw(1, 1, true, "Realloc to 0");
}

// H16 would take an unspied block for one with a header after its first successful Realloc: only failures here.
std::string random_walk::resize_unspied() {
  if (m_unspied_list.empty()) {
    return ask_size();
  }
  const std::uintptr_t p = m_unspied_list[below(m_unspied_list.size())];
  const block& was = m_unspied.at(p);
  m_spy->next = below(2) == 0 ? fate::refuse : fate::exhaust;
  if (m_subject.Realloc(pointer(p), 119) != nullptr) {
    return "Realloc of an unspied block: the wrong outcome";
  }
  if (!support::holds(pointer(p), was.size, was.key)) {
    return "Realloc of an unspied block: contents lost";
  }
  return saw(1, m_spy->next == fate::refuse ? 0 : 1, false, "Realloc of an unspied block");
}

std::string random_walk::free_spied() {
  const std::uintptr_t p = any_spied();
  const block was = m_spied.at(p);
  if (!support::holds(pointer(p), was.size, was.key)) {
    return "Free: contents lost";
  }
  m_spy->take();
  m_subject.Free(pointer(p));
  erase(m_spied, m_spied_list, p);
  return saw(1, 1, true, "Free");
}

std::string random_walk::free_unspied() {
  if (m_unspied_list.empty()) {
    return ask_owner();
  }
  const std::uintptr_t p = m_unspied_list[below(m_unspied_list.size())];
  const block was = m_unspied.at(p);
  if (!support::holds(pointer(p), was.size, was.key)) {
    return "Free of an unspied block: contents lost";
  }
  m_spy->take();
  m_subject.Free(pointer(p));
  erase(m_unspied, m_unspied_list, p);
  return saw(1, 1, false, "Free of an unspied block");
}

std::string random_walk::ask_size() {
  const std::uintptr_t p = any_pointer();
  const auto spied = m_spied.find(p);
  const bool is_spied = spied != m_spied.end();
  const SIZE_T expected = is_spied ? spied->second.size : raw_size(p);
  const SIZE_T got = m_subject.GetSize(pointer(p));
  if (got != expected) {
    return mismatch("GetSize", got, expected);
  }
  const unsigned calls = p == 0 ? 0 : 1;
  return saw(calls, calls, is_spied, "GetSize");
}

std::string random_walk::ask_owner() {
  const std::uintptr_t p = any_pointer();
  const bool is_spied = m_spied.count(p) != 0;
  const bool is_ours = is_spied || raw_size(p) != unknown;
  const int expected = p == 0 ? -1 : (is_ours ? 1 : 0);
  const int got = m_subject.DidAlloc(pointer(p));
  if (got != expected) {
    return "DidAlloc: " + std::to_string(got) + " instead of " + std::to_string(expected);
  }
  const unsigned calls = p == 0 ? 0 : 1;
  return saw(calls, calls, is_spied, "DidAlloc");
}

// Free or Realloc of what is neither a client pointer nor a raw block.
std::string random_walk::misuse() {
  const std::uintptr_t p = any_pointer();
  if (p == 0 || m_spied.count(p) != 0 || raw_size(p) != unknown) {
    return ask_owner();
  }
  const std::size_t before = m_subject.misuses();
  if (below(2) == 0) {
    m_subject.Free(pointer(p));
  } else if (m_subject.Realloc(pointer(p), below(3) * 53) != nullptr) {
    return "Realloc of a wrong pointer: not null";
  }
  if (m_subject.misuses() != before + 1) {
    return mismatch("misuse: reports", m_subject.misuses() - before, 1);
  }
  return saw(1, 1, false, "misuse");
}

std::string random_walk::minimize() {
  m_subject.HeapMinimize();
  return saw(1, 1, false, "HeapMinimize");
}

} // namespace conformance
