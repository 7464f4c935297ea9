// SPDX-License-Identifier: MIT
// What people write by hand: a library to preload that makes one allocation fail, by number, and tells how many there were.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned long fails = 0;
static unsigned long count = 0;
static void* (*next_malloc)(size_t);
static void* (*next_calloc)(size_t, size_t);
static void* (*next_realloc)(void*, size_t);
static char early[65536]; // dlsym allocates before there is anything to allocate with
static size_t early_used = 0;
static int searching = 0;

static void find(void) {
  searching = 1;
  next_malloc = (void* (*)(size_t))dlsym(RTLD_NEXT, "malloc");
  next_calloc = (void* (*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
  next_realloc = (void* (*)(void*, size_t))dlsym(RTLD_NEXT, "realloc");
  searching = 0;
  const char* text = getenv("FAILING_MALLOC_NTH");
  fails = text == NULL ? 0 : strtoul(text, NULL, 10);
}

static void* take_early(size_t size) {
  void* block = early + early_used;
  early_used += (size + 15) & ~(size_t)15;
  return early_used <= sizeof early ? block : NULL;
}

static int is_to_fail(void) {
  if (++count == fails) {
    errno = ENOMEM;
    return 1;
  }
  return 0;
}

void* malloc(size_t size) {
  if (next_malloc == NULL) {
    if (searching) {
      return take_early(size);
    }
    find();
  }
  return is_to_fail() ? NULL : next_malloc(size);
}

void* calloc(size_t number, size_t size) {
  if (next_calloc == NULL) {
    if (searching) {
      return take_early(number * size);
    }
    find();
  }
  return is_to_fail() ? NULL : next_calloc(number, size);
}

void* realloc(void* block, size_t size) {
  if (next_realloc == NULL) {
    find();
  }
  return is_to_fail() ? NULL : next_realloc(block, size);
}

__attribute__((destructor)) static void tell(void) {
  const char* path = getenv("FAILING_MALLOC_COUNT");
  if (path != NULL) {
    FILE* file = fopen(path, "a");
    if (file != NULL) {
      fprintf(file, "%lu\n", count);
      fclose(file);
    }
  }
}
