// SPDX-License-Identifier: MIT
// expat parses a document with all of its memory from the functions of C.
#include <mallocspy/mallocspy.h>

#include "observing_spy.hpp"
#include "support/catch.hpp"

#include <expat.h>
#include <string>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

struct totals {
  int elements = 0;
  int attributes = 0;
  std::size_t text = 0;
  int depth = 0;
  int deepest = 0;
};

std::string document() {
  std::string text = "<?xml version=\"1.0\"?><!DOCTYPE list [<!ENTITY who \"expat\">]><list>";
  for (int i = 0; i < 1009; ++i) {
    text += "<item number=\"" + std::to_string(i) + "\" name=\"n" + std::string(static_cast<std::size_t>(i % 119), 'x') +
            "\">&who; <b>" + std::string(static_cast<std::size_t>(i % 53), 'y') + "</b></item>";
  }
  return text + "</list>";
}

// returns: what a parser found in the document, which it is given in pieces
totals parse(const std::string& text, const XML_Memory_Handling_Suite* memory, XML_Status& status) {
  totals found;
  XML_Parser parser = XML_ParserCreate_MM(nullptr, memory, nullptr);
  REQUIRE(parser != nullptr);
  XML_SetUserData(parser, &found);
  XML_SetElementHandler(
      parser,
      [](void* data, const XML_Char*, const XML_Char** attributes) {
        auto* t = static_cast<totals*>(data);
        ++t->elements;
        for (; *attributes != nullptr; attributes += 2) {
          ++t->attributes;
        }
        t->deepest = ++t->depth > t->deepest ? t->depth : t->deepest;
      },
      [](void* data, const XML_Char*) { --static_cast<totals*>(data)->depth; });
  XML_SetCharacterDataHandler(parser, [](void* data, const XML_Char*, int length) {
    static_cast<totals*>(data)->text += static_cast<std::size_t>(length);
  });
  constexpr std::size_t piece = 4099;
  status = XML_STATUS_OK;
  for (std::size_t at = 0; at < text.size() && status == XML_STATUS_OK; at += piece) {
    const std::size_t length = text.size() - at < piece ? text.size() - at : piece;
    status = XML_Parse(parser, text.data() + at, static_cast<int>(length), at + length == text.size());
  }
  XML_ParserFree(parser);
  return found;
}

} // namespace

TEST_CASE("expat parses with our memory and gives all of it back", "[adapters][c][expat]") {
  const XML_Memory_Handling_Suite ours = {mallocspy_alloc, mallocspy_realloc, mallocspy_free};
  const std::string text = document();
  observing_spy spy;
  scoped_spy registration(&spy);
  REQUIRE(registration);
  XML_Status status = XML_STATUS_ERROR;
  const totals found = parse(text, &ours, status);
  CHECK(status == XML_STATUS_OK);
  CHECK(found.elements == 2 * 1009 + 1);
  CHECK(found.attributes == 2 * 1009);
  CHECK(found.deepest == 3);
  XML_Status reference_status = XML_STATUS_ERROR;
  CHECK(parse(text, nullptr, reference_status).text == found.text);
  CHECK(spy.allocations > 20);
  CHECK(spy.live.empty());
  CHECK(registration.revoke() == S_OK);
}

TEST_CASE("expat gives all back after an error too", "[adapters][c][expat]") {
  const XML_Memory_Handling_Suite ours = {mallocspy_alloc, mallocspy_realloc, mallocspy_free};
  observing_spy spy;
  scoped_spy registration(&spy);
  XML_Status status = XML_STATUS_OK;
  parse("<list><item></list>", &ours, status);
  CHECK(status == XML_STATUS_ERROR);
  CHECK(spy.allocations > 5);
  CHECK(spy.live.empty());
}
