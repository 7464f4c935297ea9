// SPDX-License-Identifier: MIT
// libxml2 reads, searches and writes a document with all of its memory from the functions of C.
#include <mallocspy/mallocspy.h>

#include "observing_spy.hpp"
#include "support/catch.hpp"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xpath.h>
#include <string>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

const xmlChar* as_xml(const char* text) {
  return reinterpret_cast<const xmlChar*>(text);
}

} // namespace

TEST_CASE("libxml2 works with our memory and gives all of it back", "[adapters][c][libxml2]") {
  observing_spy spy;
  scoped_spy registration(&spy);
  REQUIRE(registration);
  REQUIRE(xmlMemSetup(mallocspy_free, mallocspy_alloc, mallocspy_realloc, mallocspy_strdup) == 0);
  xmlInitParser();

  std::string text = "<list>";
  for (int i = 0; i < 509; ++i) {
    text += "<item number='" + std::to_string(i) + "'>" + std::string(static_cast<std::size_t>(i % 119), 'x') + "</item>";
  }
  text += "</list>";
  xmlDocPtr document = xmlReadMemory(text.data(), static_cast<int>(text.size()), "list.xml", nullptr, 0);
  REQUIRE(document != nullptr);
  xmlXPathContextPtr context = xmlXPathNewContext(document);
  REQUIRE(context != nullptr);
  xmlXPathObjectPtr found = xmlXPathEvalExpression(as_xml("//item[@number mod 53 = 27]"), context);
  REQUIRE(found != nullptr);
  CHECK(xmlXPathNodeSetGetLength(found->nodesetval) == 10); // 27, 80, ... 504
  xmlXPathFreeObject(found);
  xmlXPathFreeContext(context);
  xmlNewChild(xmlDocGetRootElement(document), nullptr, as_xml("last"), as_xml("one"));
  xmlChar* written = nullptr;
  int length = 0;
  xmlDocDumpMemory(document, &written, &length);
  REQUIRE(written != nullptr);
  CHECK(mallocspy_owns(written) == 1);
  CHECK(std::string(reinterpret_cast<const char*>(written)).find("<last>one</last></list>") != std::string::npos);
  xmlFree(written);
  xmlFreeDoc(document);
  CHECK(spy.allocations > 2000);

  xmlCleanupParser();
  CHECK(spy.live.empty());
  CHECK(registration.revoke() == S_OK);
}
