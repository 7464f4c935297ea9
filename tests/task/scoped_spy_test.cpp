// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/pass_through_spy.hpp"

#include <mallocspy/mallocspy.hpp>

using namespace mallocspy;

TEST_CASE("a scoped spy is registered for its scope and released at its end") {
  test::pass_through_spy spy;
  {
    const scoped_spy registered(&spy);
    CHECK(registered);
    CHECK(registered.result() == S_OK);
    CHECK(spy.references == 2);
    CHECK(CoRegisterMallocSpy(&spy) == CO_E_OBJISREG);
  }
  CHECK(spy.references == 1);
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
}

TEST_CASE("a second scoped spy fails and leaves the first alone") {
  test::pass_through_spy first;
  test::pass_through_spy second;
  const scoped_spy registered(&first);
  {
    scoped_spy refused(&second);
    CHECK_FALSE(refused);
    CHECK(refused.result() == CO_E_OBJISREG);
    CHECK(refused.revoke() == CO_E_OBJNOTREG);
  }
  CHECK(first.references == 2);
  CHECK(second.references == 1);
}

TEST_CASE("revoke ends a scoped registration early, once") {
  test::pass_through_spy spy;
  scoped_spy registered(&spy);
  CHECK(registered.revoke() == S_OK);
  CHECK_FALSE(registered);
  CHECK(registered.revoke() == CO_E_OBJNOTREG);
  CHECK(spy.references == 1);
}

TEST_CASE("a scope that ends while blocks live leaves the revocation pending; the reference keeps the spy") {
  test::pass_through_spy spy;
  void* p = nullptr;
  {
    const scoped_spy registered(&spy);
    p = CoTaskMemAlloc(53);
  }
  CHECK(spy.references == 2);
  CoTaskMemFree(p);
  CHECK(spy.references == 1);
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
}

TEST_CASE("a null spy is refused") {
  const scoped_spy registered(nullptr);
  CHECK_FALSE(registered);
  CHECK(registered.result() == E_INVALIDARG);
}
