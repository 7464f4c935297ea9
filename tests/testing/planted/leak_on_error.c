/* SPDX-License-Identifier: MIT
 * A document of three parts. Where there is no memory for the last one, the first is forgotten. */
#include "planted.h"

#include <mallocspy/mallocspy.h>
#include <string.h>

static int open_forgetful(void) {
  char* title = mallocspy_strdup("a title of some length");
  if (title == NULL) {
    return 0;
  }
  char* body = mallocspy_alloc(1009);
  if (body == NULL) {
    mallocspy_free(title);
    return 0;
  }
  char* index = mallocspy_calloc(53, 4); /* planted */
  if (index == NULL) {
    mallocspy_free(body);
    return 0;
  }
  mallocspy_free(index);
  mallocspy_free(body);
  mallocspy_free(title);
  return 1;
}

static int open_careful(void) {
  int done = 0;
  char* title = mallocspy_strdup("a title of some length");
  char* body = title == NULL ? NULL : mallocspy_alloc(1009);
  char* index = body == NULL ? NULL : mallocspy_calloc(53, 4);
  done = index != NULL;
  mallocspy_free(index);
  mallocspy_free(body);
  mallocspy_free(title);
  return done;
}

int leak_on_error_planted(void) {
  return open_forgetful();
}

int leak_on_error_corrected(void) {
  return open_careful();
}
