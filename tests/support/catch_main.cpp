// SPDX-License-Identifier: MIT
// main() of every test program, compiled once. Catch2 3 brings a library with it; version 2 is compiled here.
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#else
#include <catch2/catch_session.hpp>

int main(int argc, char** argv) {
  return Catch::Session().run(argc, argv);
}
#endif
