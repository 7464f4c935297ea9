// SPDX-License-Identifier: MIT
// The worker for the C library's malloc and for those that replace it.
#include "subjects/malloc_family.hpp"
#include "worker/worker.hpp"

int main(int argc, char** argv) {
  using namespace mallocspy::bench;
  return run_worker<mi_as_malloc, glibc, jemalloc, tcmalloc>(argc, argv);
}
