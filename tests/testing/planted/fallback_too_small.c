/* SPDX-License-Identifier: MIT
 * A cache that makes do with half of the memory, if need be, and is then filled as if it had all. */
#include "planted.h"

#include <mallocspy/mallocspy.h>
#include <string.h>

static int fill(int remembers_size) {
  size_t room = 1013;
  unsigned char* cache = mallocspy_alloc(room); /* planted */
  if (cache == NULL) {
    cache = mallocspy_alloc(room / 2);
    if (remembers_size) {
      room /= 2;
    }
  }
  if (cache == NULL) {
    return 0;
  }
  for (size_t i = 0; i < room; ++i) {
    ((volatile unsigned char*)cache)[i] = (unsigned char)i;
  }
  mallocspy_free(cache);
  return 1;
}

int fallback_too_small_planted(void) {
  return fill(0);
}

int fallback_too_small_corrected(void) {
  return fill(1);
}
