// SPDX-License-Identifier: MIT
// The worker whose malloc is mallocspy's.
#include "subjects/malloc_family.hpp"
#include "worker/worker.hpp"

int main(int argc, char** argv) {
  using namespace mallocspy::bench;
  return run_worker<interposed>(argc, argv);
}
