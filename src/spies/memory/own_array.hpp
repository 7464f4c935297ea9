// SPDX-License-Identifier: MIT
// An array in memory straight from the system, so that no spy ever sees it. For plain values.
#pragma once

#include "blocks/table_memory.hpp"

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

namespace mallocspy::spies {

template <class Value> class own_array {
public:
  static_assert(std::is_trivially_copyable_v<Value>);

  own_array() noexcept = default;
  own_array(own_array&& other) noexcept
      : m_values(std::exchange(other.m_values, nullptr)), m_count(std::exchange(other.m_count, 0)),
        m_room(std::exchange(other.m_room, 0)) {}
  own_array& operator=(own_array&& other) noexcept {
    std::swap(m_values, other.m_values);
    std::swap(m_count, other.m_count);
    std::swap(m_room, other.m_room);
    return *this;
  }
  own_array(const own_array&) = delete;
  own_array& operator=(const own_array&) = delete;
  ~own_array() {
    if (m_values != nullptr) {
      blocks::unmap_table(m_values, m_room * sizeof(Value));
    }
  }

  // returns: false without memory
  bool reserve(std::size_t room) noexcept {
    if (room <= m_room) {
      return true;
    }
    auto* larger = static_cast<Value*>(blocks::map_table(room * sizeof(Value)));
    if (larger == nullptr) {
      return false;
    }
    own_array old(std::move(*this));
    if (old.m_count != 0) {
      std::memcpy(static_cast<void*>(larger), old.m_values, old.m_count * sizeof(Value));
    }
    m_values = larger;
    m_count = old.m_count;
    m_room = room;
    return true;
  }
  bool push(const Value& value) noexcept {
    if (m_count == m_room && !reserve(m_room == 0 ? 256 : 2 * m_room)) {
      return false;
    }
    m_values[m_count++] = value;
    return true;
  }
  void pop() noexcept {
    --m_count;
  }
  void clear() noexcept {
    m_count = 0;
  }

  Value* begin() noexcept {
    return m_values;
  }
  Value* end() noexcept {
    return m_values + m_count;
  }
  const Value* begin() const noexcept {
    return m_values;
  }
  const Value* end() const noexcept {
    return m_values + m_count;
  }
  Value& operator[](std::size_t i) noexcept {
    return m_values[i];
  }
  const Value& operator[](std::size_t i) const noexcept {
    return m_values[i];
  }
  std::size_t size() const noexcept {
    return m_count;
  }
  bool empty() const noexcept {
    return m_count == 0;
  }

private:
  Value* m_values = nullptr;
  std::size_t m_count = 0;
  std::size_t m_room = 0;
};

} // namespace mallocspy::spies
