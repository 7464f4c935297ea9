// SPDX-License-Identifier: MIT
#include "testing/report/stack_identity.hpp"

#include "support/catch.hpp"
#include "testing/board/fnv1a.hpp"

using namespace mallocspy::testing_detail;

TEST_CASE("the hash is FNV-1a with 64 bits") { // the values that its authors published
  CHECK(fnv1a("", 0) == 0xCBF29CE484222325U);
  CHECK(fnv1a("a", 1) == 0xAF63DC4C8601EC8CU);
  CHECK(fnv1a("foobar", 6) == 0x85944171F73967E8U);
  CHECK(fnv1a("bar", 3, fnv1a("foo", 3)) == fnv1a("foobar", 6));
}

TEST_CASE("a stack's identity survives a rebuild and another folder") {
  const std::string before = stack_identity({{"/usr/lib/libfoo.so.1", "_Z5parsev", 4096}, {"/opt/a/prog", "main", 27}});
  CHECK(before.size() == 16);
  CHECK(before.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(stack_identity({{"/tmp/libfoo.so.1", "_Z5parsev", 8192}, {"prog", "main", 53}}) == before);
}

TEST_CASE("other functions, modules, orders and depths are other identities") {
  const std::string one = stack_identity({{"a", "f", 0}, {"a", "g", 0}});
  CHECK(stack_identity({{"a", "g", 0}, {"a", "f", 0}}) != one);
  CHECK(stack_identity({{"b", "f", 0}, {"a", "g", 0}}) != one);
  CHECK(stack_identity({{"a", "f", 0}}) != one);
  CHECK(stack_identity({{"a", "f", 0}, {"a", "g", 0}, {"a", "h", 0}}) != one);
  CHECK(stack_identity({{"ab", "c", 0}}) != stack_identity({{"a", "bc", 0}}));
}

TEST_CASE("code without a name is told apart by its place") {
  CHECK(stack_identity({{"a", "", 27}}) != stack_identity({{"a", "", 53}}));
  CHECK(stack_identity({{"a", "", 27}}) == stack_identity({{"a", "", 27}}));
  CHECK(stack_identity({}).size() == 16);
}
