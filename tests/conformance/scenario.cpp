// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"

namespace conformance {

namespace {

const char* words_for(ability a) {
  switch (a) {
  case ability::spies:
    return "spies";
  case ability::process_wide:
    return "CoGetMalloc";
  case ability::refuses_null_out:
    return "a refusal of null out pointers";
  case ability::reports_misuse:
    return "misuse reports";
  case ability::unwinds:
    return "unwinding through hooks";
  case ability::counts_blocks:
    return "a count of live blocks";
  case ability::limits_book_room:
    return "a limit for its bookkeeping";
  }
  return "?";
}

} // namespace

bool lacks(subject& s, ability needed) {
  if (s.can(needed)) {
    return false;
  }
  SUCCEED("skipped: " << s.name() << " has no " << words_for(needed));
  return true;
}

registration::registration(subject& s, IMallocSpy* spy) : m_subject(s) {
  REQUIRE(s.register_spy(spy) == S_OK);
}

registration::~registration() {
  m_subject.revoke_spy(); // CO_E_OBJNOTREG where the test case has done it
}

} // namespace conformance
