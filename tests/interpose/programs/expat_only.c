/* SPDX-License-Identifier: MIT
 * A C program that allocates only inside a library: expat parses a document. */
#include <expat.h>
#include <stdio.h>
#include <string.h>

static int elements = 0;

static void XMLCALL begin(void* user, const XML_Char* name, const XML_Char** attributes) {
  (void)user;
  (void)name;
  (void)attributes;
  ++elements;
}

static void XMLCALL end(void* user, const XML_Char* name) {
  (void)user;
  (void)name;
}

int main(void) {
  const char* item = "<item number='27'>a text</item>";
  XML_Parser parser = XML_ParserCreate(NULL);
  if (parser == NULL) {
    return 1;
  }
  XML_SetElementHandler(parser, begin, end);
  XML_Parse(parser, "<list>", 6, 0);
  for (int i = 0; i < 1009; ++i) {
    XML_Parse(parser, item, (int)strlen(item), 0);
  }
  const enum XML_Status status = XML_Parse(parser, "</list>", 7, 1);
  XML_ParserFree(parser);
  return status == XML_STATUS_OK && elements == 1010 ? 0 : 1;
}
