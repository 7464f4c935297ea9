// SPDX-License-Identifier: MIT
// What every test case of the suite starts from.
#pragma once

#include "conformance/subject.hpp"
#include "support/catch.hpp"
#include "support/recording_spy.hpp"
#include "support/ref.hpp"

namespace conformance {

using support::calls;
using support::header_16;
using support::huge;
using support::make_ref;
using support::no_calls;
using support::no_header;
using support::recording_spy;
using support::ref;

inline constexpr SIZE_T unknown_size = static_cast<SIZE_T>(-1);

// returns: whether the test case cannot be run on this subject; says so in the report
bool lacks(subject& s, ability needed);

// A spy that is registered from here to the end of the test case, if the test case does not revoke it before. A failed test
// case that leaves blocks behind leaves its revocation pending.
class registration {
public:
  registration(subject& s, IMallocSpy* spy);
  registration(const registration&) = delete;
  registration& operator=(const registration&) = delete;
  ~registration();

private:
  subject& m_subject;
};

// returns: a recording spy that is registered, with an empty trace
struct registered_spy {
  registered_spy(subject& s, SIZE_T header) : spy(make_ref<recording_spy>(header)), m_registration(s, spy.get()) {}

  recording_spy* operator->() const noexcept {
    return spy.get();
  }

  ref<recording_spy> spy;

private:
  registration m_registration;
};

} // namespace conformance
