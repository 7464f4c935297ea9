/* SPDX-License-Identifier: MIT
 * A library that knows nothing of mallocspy. How it is loaded decides whose malloc it gets. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

void cfree(void*);

void* plugin_alloc(size_t size) {
  void* p = malloc(size);
  if (p != NULL) {
    memset(p, 0x3C, size);
  }
  return p;
}

void plugin_free(void* p) {
  free(p);
}

char* plugin_copy(const char* text) {
  return strdup(text);
}

/* An old name, which no header declares any more. */
void plugin_free_by_old_name(void* p) {
  cfree(p);
}

struct request {
  size_t size;
  void* answer;
};

static void* serve(void* pointer) {
  struct request* request = pointer;
  request->answer = plugin_alloc(request->size);
  return NULL;
}

/* Allocates on another thread, which the C library serves from another arena. */
void* plugin_alloc_elsewhere(size_t size) {
  struct request request = {size, NULL};
  pthread_t thread = 0;
  if (pthread_create(&thread, NULL, serve, &request) == 0) {
    pthread_join(thread, NULL);
  }
  return request.answer;
}
