// SPDX-License-Identifier: MIT
// Expat on the task allocator: each parser takes three functions of its own.
#include <cstdio>
#include <cstring>
#include <expat.h>
#include <mallocspy/mallocspy.h>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>

static void count_element(void* count, const XML_Char*, const XML_Char**) {
  ++*static_cast<int*>(count);
}

int main() {
  mallocspy::statistics spy;
  const mallocspy::scoped_spy registration(&spy);
  const XML_Memory_Handling_Suite memory{mallocspy_alloc, mallocspy_realloc, mallocspy_free};
  XML_Parser parser = XML_ParserCreate_MM(nullptr, &memory, nullptr);
  int elements = 0;
  XML_SetUserData(parser, &elements);
  XML_SetStartElementHandler(parser, count_element);
  const char* text = "<shelf><book pages='119'/><book pages='53'/></shelf>";
  const XML_Status parsed = XML_Parse(parser, text, static_cast<int>(std::strlen(text)), 1);
  XML_ParserFree(parser);
  const mallocspy::allocation_counts seen = spy.counts();
  std::printf("%d elements in %d allocations\n", elements, static_cast<int>(seen.allocations));
  return parsed == XML_STATUS_OK && elements == 3 && seen.allocations > 0 && seen.live_blocks == 0 ? 0 : 1;
}
