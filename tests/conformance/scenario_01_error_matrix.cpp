// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"

using namespace conformance;

namespace {

std::uint32_t bits(HRESULT result) {
  return static_cast<std::uint32_t>(result);
}

} // namespace

TEST_CASE("scenario 1: error matrix of registration") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const auto echo = make_ref<recording_spy>(no_header);
  const auto other = make_ref<recording_spy>(no_header);

  CHECK(bits(s.register_spy(nullptr)) == 0x80070057U); // E_INVALIDARG
  CHECK(bits(s.revoke_spy()) == 0x800401FBU);          // CO_E_OBJNOTREG
  CHECK(bits(s.register_spy(echo.get())) == 0U);       // S_OK
  CHECK(bits(s.register_spy(nullptr)) == 0x80070057U);
  CHECK(bits(s.register_spy(echo.get())) == 0x800401FCU); // CO_E_OBJISREG
  CHECK(bits(s.register_spy(other.get())) == 0x800401FCU);
  CHECK(other->queries() == 0);
  s.Free(nullptr);
  s.object()->Free(nullptr);
  CHECK(echo->take() == no_calls);
  CHECK(bits(s.revoke_spy()) == 0U);
  CHECK(bits(s.revoke_spy()) == 0x800401FBU);
  CHECK(other->take() == no_calls);
}
