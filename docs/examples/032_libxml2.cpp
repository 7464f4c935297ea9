// SPDX-License-Identifier: MIT
// libxml2 on the task allocator: four functions for the whole library, handed over before its first use.
#include "counting_spy.hpp"

#include <cstdio>
#include <cstring>
#include <libxml/parser.h>
#include <mallocspy/mallocspy.h>

int main() {
  counting_spy spy;
  const mallocspy::scoped_spy registration(&spy);
  const int set = xmlMemSetup(mallocspy_free, mallocspy_alloc, mallocspy_realloc, mallocspy_strdup);
  const char* text = "<shelf><book pages='119'/><book pages='53'/></shelf>";
  xmlDoc* document = xmlReadMemory(text, static_cast<int>(std::strlen(text)), nullptr, nullptr, 0);
  const unsigned long books = xmlChildElementCount(xmlDocGetRootElement(document));
  const bool ours = mallocspy_owns(document) == 1;
  xmlFreeDoc(document);
  xmlCleanupParser();
  std::printf("%lu books in %ld allocations\n", books, spy.seen().allocations);
  return set == 0 && books == 2 && ours && spy.seen().live_blocks == 0 ? 0 : 1;
}
