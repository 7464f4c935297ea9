/* SPDX-License-Identifier: MIT
 * Compiled as C: the header is fit for it, and its functions go into a table as C libraries have them. */
#include <mallocspy/mallocspy.h>

#include "c_caller.h"

#include <errno.h>
#include <string.h>

struct memory_functions {
  void* (*allocate)(size_t);
  void* (*allocate_zeroed)(size_t, size_t);
  void* (*reallocate)(void*, size_t);
  void (*release)(void*);
  char* (*duplicate)(const char*);
};

static const struct memory_functions memory = {mallocspy_alloc, mallocspy_calloc, mallocspy_realloc, mallocspy_free,
                                               mallocspy_strdup};

int c_caller_run(void) {
  char* text = memory.duplicate("twenty-six characters long");
  if (text == NULL || strlen(text) != 26 || mallocspy_size(text) != 27) {
    return 1;
  }
  text = memory.reallocate(text, 119);
  if (text == NULL || strcmp(text, "twenty-six characters long") != 0 || mallocspy_size(text) != 119) {
    return 2;
  }
  memory.release(text);
  if (mallocspy_owns(text)) {
    return 3;
  }
  int* numbers = memory.allocate_zeroed(53, sizeof(int));
  if (numbers == NULL || numbers[0] != 0 || numbers[52] != 0 || mallocspy_size(numbers) != 53 * sizeof(int)) {
    return 4;
  }
  memory.release(numbers);
  void* aligned = mallocspy_aligned_alloc(1024, 27);
  if (aligned == NULL || (size_t)aligned % 1024 != 0) {
    return 5;
  }
  memory.release(aligned);
  void* plain = memory.allocate(27);
  if (plain == NULL || !mallocspy_owns(plain)) {
    return 6;
  }
  memory.release(plain);
  errno = 0;
  if (memory.allocate((size_t)-1 / 2) != NULL || errno != ENOMEM) {
    return 7;
  }
  return 0;
}
