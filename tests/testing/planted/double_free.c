/* SPDX-License-Identifier: MIT
 * A connection with two buffers. Where the second is refused, two functions clean up after it. */
#include "planted.h"

#include <mallocspy/mallocspy.h>
#include <stddef.h>

struct connection {
  char* in;
  char* out;
};

static void close_connection(struct connection* c) {
  mallocspy_free(c->in);
  mallocspy_free(c->out);
}

static int open_twice_cleaned(struct connection* c) {
  c->in = mallocspy_alloc(211);
  if (c->in == NULL) {
    return 0;
  }
  c->out = mallocspy_alloc(307); /* planted */
  if (c->out != NULL) {
    return 1;
  }
  close_connection(c);
  return 0;
}

static int open_once_cleaned(struct connection* c) {
  if (open_twice_cleaned(c)) {
    return 1;
  }
  c->in = NULL;
  c->out = NULL;
  return 0;
}

static int serve(int (*open_connection)(struct connection*)) {
  struct connection c = {NULL, NULL};
  const int opened = open_connection(&c);
  close_connection(&c);
  return opened;
}

int double_free_planted(void) {
  return serve(open_twice_cleaned);
}

int double_free_corrected(void) {
  return serve(open_once_cleaned);
}
