// SPDX-License-Identifier: MIT
#include "spies/symbols/symbol_match.hpp"

#include "support/catch.hpp"

using mallocspy::spies::names_function;
using mallocspy::spies::names_module;

TEST_CASE("a function is found by its name, its qualified name and its linker's name") {
  CHECK(names_function("parse", "parse"));
  CHECK(names_function("parse", "_Z5parsePKc"));
  CHECK(names_function("parse", "_ZL5parsePKc")); // static
  CHECK(names_function("_Z5parsePKc", "_Z5parsePKc"));
  CHECK(names_function("parse", "_ZN3xml5parseEPKc"));
  CHECK(names_function("xml::parse", "_ZN3xml5parseEPKc"));
  CHECK(names_function("xml::parse", "_ZN4main3xml5parseEPKc"));
  CHECK(names_function("xml::reader::parse", "_ZNK3xml6reader5parseEv"));          // const
  CHECK(names_function("vec::push", "_ZN3vecIN1a1bELi5EE4pushEi"));                // behind template arguments
  CHECK(names_function("vec::push", "_ZN2ns3vecIiSt6vectorIS0_EE4pushIcEET_S3_")); // a template itself
  CHECK(names_function("std::sort", "_ZSt4sortIPiEvT_S1_"));
  CHECK(names_function("run", "_ZZ3runvENKUlvE_clEv")); // a lambda in run
  CHECK(names_function("a::run", "_ZZN1a3runEvENKUlvE_clEv"));
  CHECK(names_function("widget", "_ZN6widgetC1Ei")); // a constructor
  CHECK(names_function("widget::widget", "_ZN2ui6widgetC2Ei"));
  CHECK(names_function("a::f", "_ZN1a1fB5cxx11Ev"));
}

TEST_CASE("another function is not taken for it") {
  CHECK_FALSE(names_function("parse", nullptr));
  CHECK_FALSE(names_function("parse", "parser"));
  CHECK_FALSE(names_function("parse", "_Z6parserv"));
  CHECK_FALSE(names_function("parse", "_Z6reparsev"));
  CHECK_FALSE(names_function("parse", "_Z1g5parse"));         // a parameter's type
  CHECK_FALSE(names_function("parse", "_ZN1a1gEN1b5parseE")); // the same, nested
  CHECK_FALSE(names_function("parse", "_ZN1aI5parseE1gEv"));  // a template argument
  CHECK_FALSE(names_function("xml::parse", "_ZN4json5parseEPKc"));
  CHECK_FALSE(names_function("xml", "_ZN3xml5parseEPKc")); // a scope is not the function
  CHECK_FALSE(names_function("a::xml::parse", "_ZN3xml5parseEPKc"));
  CHECK_FALSE(names_function("", "_Z5parsePKc"));
  CHECK_FALSE(names_function("parse", "_Z99parse")); // a length beyond the end
  CHECK_FALSE(names_function("parse", "_ZN3vecI"));
  CHECK_FALSE(names_function("parse", "_Z"));
}

TEST_CASE("a module is found by its file's name") {
  CHECK(names_module("libexpat", "/usr/lib/libexpat.so.1.8.10"));
  CHECK(names_module("libexpat.so.1", "/usr/lib/libexpat.so.1.8.10"));
  CHECK(names_module("program", "./program"));
  CHECK(names_module("program", "program"));
  CHECK_FALSE(names_module("libexp", "/usr/lib/libexpat.so.1.8.10"));
  CHECK_FALSE(names_module("lib", "/usr/lib/libexpat.so.1.8.10"));
  CHECK_FALSE(names_module("", "/usr/lib/.so"));
  CHECK_FALSE(names_module("program", nullptr));
}
