// SPDX-License-Identifier: MIT
#include <mallocspy/contract/result.hpp>

#include "support/catch.hpp"

#include <limits>

using namespace mallocspy;

TEST_CASE("result codes have the published numbers", "[contract][result]") {
  const auto bits = [](HRESULT result) { return static_cast<std::uint32_t>(result); };
  CHECK(bits(S_OK) == 0x00000000U);
  CHECK(bits(E_INVALIDARG) == 0x80070057U);
  CHECK(bits(E_OUTOFMEMORY) == 0x8007000EU);
  CHECK(bits(E_ACCESSDENIED) == 0x80070005U);
  CHECK(bits(E_NOINTERFACE) == 0x80004002U);
  CHECK(bits(E_POINTER) == 0x80004003U);
  CHECK(bits(CO_E_OBJNOTREG) == 0x800401FBU);
  CHECK(bits(CO_E_OBJISREG) == 0x800401FCU);
}

TEST_CASE("success is what is not negative", "[contract][result]") {
  for (const HRESULT good : {S_OK, HRESULT{1}, std::numeric_limits<HRESULT>::max()}) {
    CAPTURE(good);
    CHECK(SUCCEEDED(good));
    CHECK_FALSE(FAILED(good));
  }
  for (const HRESULT bad : {E_INVALIDARG, E_POINTER, CO_E_OBJNOTREG, HRESULT{-1}, std::numeric_limits<HRESULT>::min()}) {
    CAPTURE(bad);
    CHECK_FALSE(SUCCEEDED(bad));
    CHECK(FAILED(bad));
  }
}
