/* SPDX-License-Identifier: MIT
 * Asks again until there is memory, which may be never. */
#include "planted.h"

#include <mallocspy/mallocspy.h>
#include <stddef.h>

static char* ask(unsigned long times) {
  char* block = NULL;
  for (unsigned long i = 0; block == NULL && i < times; ++i) {
    block = mallocspy_alloc(151); /* planted */
  }
  return block;
}

static int use(unsigned long times) {
  char* block = ask(times);
  const int done = block != NULL;
  mallocspy_free(block);
  return done;
}

int endless_retry_planted(void) {
  return use((unsigned long)-1);
}

int endless_retry_corrected(void) {
  return use(3);
}
