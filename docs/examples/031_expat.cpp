// SPDX-License-Identifier: MIT
// Expat on the task allocator: each parser takes three functions of its own.
#include "counting_spy.hpp"

#include <cstdio>
#include <cstring>
#include <expat.h>
#include <mallocspy/mallocspy.h>

static void count_element(void* count, const XML_Char*, const XML_Char**) {
  ++*static_cast<int*>(count);
}

int main() {
  counting_spy spy;
  const mallocspy::scoped_spy registration(&spy);
  const XML_Memory_Handling_Suite memory{mallocspy_alloc, mallocspy_realloc, mallocspy_free};
  XML_Parser parser = XML_ParserCreate_MM(nullptr, &memory, nullptr);
  int elements = 0;
  XML_SetUserData(parser, &elements);
  XML_SetStartElementHandler(parser, count_element);
  const char* text = "<shelf><book pages='119'/><book pages='53'/></shelf>";
  const XML_Status parsed = XML_Parse(parser, text, static_cast<int>(std::strlen(text)), 1);
  XML_ParserFree(parser);
  std::printf("%d elements in %ld allocations\n", elements, spy.seen().allocations);
  return parsed == XML_STATUS_OK && elements == 3 && spy.seen().allocations > 0 && spy.seen().live_blocks == 0 ? 0 : 1;
}
