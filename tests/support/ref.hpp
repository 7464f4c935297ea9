// SPDX-License-Identifier: MIT
// Holds one reference of a counted COM object.
#pragma once

#include <utility>

namespace support {

template <class T> class ref {
public:
  // effects: takes over the reference that the object was made with
  explicit ref(T* made) noexcept : m_object(made) {}
  ref(ref&& other) noexcept : m_object(std::exchange(other.m_object, nullptr)) {}
  ref(const ref&) = delete;
  ref& operator=(const ref&) = delete;
  ref& operator=(ref&&) = delete;
  ~ref() {
    if (m_object != nullptr) {
      m_object->Release();
    }
  }

  T* get() const noexcept {
    return m_object;
  }
  T* operator->() const noexcept {
    return m_object;
  }
  T& operator*() const noexcept {
    return *m_object;
  }

private:
  T* m_object;
};

// returns: a new object, which begins with one reference
template <class T, class... Arguments> ref<T> make_ref(Arguments&&... arguments) {
  return ref<T>(new T(std::forward<Arguments>(arguments)...));
}

} // namespace support
