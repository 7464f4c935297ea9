// SPDX-License-Identifier: MIT
// A registration that ends with its scope.
// source: ours
#pragma once

#include <mallocspy/task/registration.hpp>

namespace mallocspy {

// Registers a spy and revokes it at the end of the scope. If blocks of the spy are alive then, the revocation stays
// pending and completes by itself when the last of them is freed; the reference taken at registration keeps a counted spy
// alive until then. A spy that is not counted (a local variable) must outlive its blocks: free them first, or look at what
// revoke() returns.
// threads: one at a time for each object
class scoped_spy {
public:
  // effects: CoRegisterMallocSpy(spy). errors: none thrown; see result()
  explicit scoped_spy(IMallocSpy* spy) : m_result(CoRegisterMallocSpy(spy)), m_registered(SUCCEEDED(m_result)) {}

  scoped_spy(const scoped_spy&) = delete;
  scoped_spy& operator=(const scoped_spy&) = delete;

  ~scoped_spy() {
    if (m_registered) {
      CoRevokeMallocSpy();
    }
  }

  // returns: what the registration returned
  HRESULT result() const noexcept {
    return m_result;
  }

  // returns: whether the registration succeeded and revoke() has not ended it
  explicit operator bool() const noexcept {
    return m_registered;
  }

  // effects: ends the registration now
  // returns: what CoRevokeMallocSpy returned; CO_E_OBJNOTREG if this object holds no registration
  HRESULT revoke() {
    if (!m_registered) {
      return CO_E_OBJNOTREG;
    }
    m_registered = false;
    return CoRevokeMallocSpy();
  }

private:
  HRESULT m_result;
  bool m_registered;
};

} // namespace mallocspy
