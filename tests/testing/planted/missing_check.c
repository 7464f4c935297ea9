/* SPDX-License-Identifier: MIT
 * A list of names. The copy of a name is used without a look at whether there is one. */
#include "planted.h"

#include <mallocspy/mallocspy.h>
#include <string.h>

struct name {
  char* text;
  size_t length;
  struct name* next;
};

static void free_names(struct name* list) {
  while (list != NULL) {
    struct name* next = list->next;
    mallocspy_free(list->text);
    mallocspy_free(list);
    list = next;
  }
}

static struct name* add_unchecked(struct name* list, const char* text) {
  struct name* added = mallocspy_alloc(sizeof *added);
  if (added == NULL) {
    return NULL;
  }
  added->text = mallocspy_strdup(text); /* planted */
  added->length = strlen(added->text);
  added->next = list;
  return added;
}

static struct name* add_checked(struct name* list, const char* text) {
  struct name* added = mallocspy_alloc(sizeof *added);
  if (added == NULL) {
    return NULL;
  }
  added->text = mallocspy_strdup(text);
  if (added->text == NULL) {
    mallocspy_free(added);
    return NULL;
  }
  added->length = strlen(added->text);
  added->next = list;
  return added;
}

static int list_of_two(struct name* (*add)(struct name*, const char*)) {
  struct name* one = add(NULL, "a first name");
  struct name* two = one == NULL ? NULL : add(one, "a second, longer name");
  const int done = two != NULL && two->length == 21;
  free_names(two != NULL ? two : one);
  return done;
}

int missing_check_planted(void) {
  return list_of_two(add_unchecked);
}

int missing_check_corrected(void) {
  return list_of_two(add_checked);
}
