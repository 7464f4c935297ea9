// SPDX-License-Identifier: MIT
// libxml2 on the task allocator: four functions for the whole library, handed over before its first use.
#include <cstdio>
#include <cstring>
#include <libxml/parser.h>
#include <mallocspy/mallocspy.h>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>

int main() {
  mallocspy::statistics spy;
  const mallocspy::scoped_spy registration(&spy);
  const int set = xmlMemSetup(mallocspy_free, mallocspy_alloc, mallocspy_realloc, mallocspy_strdup);
  const char* text = "<shelf><book pages='119'/><book pages='53'/></shelf>";
  xmlDoc* document = xmlReadMemory(text, static_cast<int>(std::strlen(text)), nullptr, nullptr, 0);
  const unsigned long books = xmlChildElementCount(xmlDocGetRootElement(document));
  const bool ours = mallocspy_owns(document) == 1;
  xmlFreeDoc(document);
  xmlCleanupParser();
  const mallocspy::allocation_counts seen = spy.counts();
  std::printf("%lu books in %d allocations\n", books, static_cast<int>(seen.allocations));
  return set == 0 && books == 2 && ours && seen.live_blocks == 0 ? 0 : 1;
}
