// SPDX-License-Identifier: MIT
// The worker for raw mimalloc and for everything that stands on it.
#include "subjects/heaps.hpp"
#include "subjects/raw_mimalloc.hpp"
#include "subjects/spied.hpp"
#include "subjects/task_memory.hpp"
#include "worker/worker.hpp"

int main(int argc, char** argv) {
  using namespace mallocspy::bench;
  return run_worker<raw_mimalloc, unspied, revoked, classic_spied, concurrent_spied, derived_spied, unhooked_spied,
                    mimalloc_heap, heap_unserialized, heap_serialized>(argc, argv);
}
