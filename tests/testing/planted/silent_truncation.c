/* SPDX-License-Identifier: MIT
 * A text that grows. Where it cannot grow, what was to come is left out, and success is reported. */
#include "planted.h"

#include <mallocspy/mallocspy.h>
#include <stdio.h>
#include <string.h>

struct text {
  char* bytes;
  size_t length;
  size_t room;
};

static int append(struct text* text, const char* more) {
  const size_t length = strlen(more);
  if (text->length + length + 1 > text->room) {
    const size_t room = 2 * text->room + length + 1;
    char* larger = mallocspy_realloc(text->bytes, room); /* planted */
    if (larger == NULL) {
      return 0;
    }
    text->bytes = larger;
    text->room = room;
  }
  memcpy(text->bytes + text->length, more, length + 1);
  text->length += length;
  return 1;
}

static int join(int looks_at_results) {
  struct text text = {NULL, 0, 0};
  int done = 1;
  for (int i = 0; i < 20; ++i) {
    if (!append(&text, i % 3 == 0 ? "wheat, " : "rye and barley, ")) {
      done = 0;
    }
  }
  if (!looks_at_results) {
    done = 1;
  }
  if (done) {
    printf("%s\n", text.bytes == NULL ? "" : text.bytes);
  }
  mallocspy_free(text.bytes);
  return done;
}

int silent_truncation_planted(void) {
  return join(0);
}

int silent_truncation_corrected(void) {
  return join(1);
}
