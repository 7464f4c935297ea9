// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "blocks/thread_cache.hpp"

#include "blocks/backing.hpp"
#include "blocks/table_memory.hpp"

#include <cerrno>
#include <cstring>
#include <pthread.h>

namespace mallocspy::blocks {

__thread thread_cache* this_cache = nullptr;

namespace {

// A thread that has ended, cannot be told of its end, or got no memory goes without.
__thread bool goes_without = false;

void** row_of(thread_cache& cache, size_class of) noexcept {
  return cache.rows[of];
}

void give_back_from(thread_cache& cache, size_class of, std::size_t count) noexcept {
  void** row = row_of(cache, of);
  const auto held = static_cast<std::size_t>(cache.tops[of] - row);
  for (std::size_t i = 0; i < count; ++i) {
    backing::release(row[i]);
  }
  std::memmove(row, row + count, (held - count) * sizeof(void*));
  cache.tops[of] = row + (held - count);
}

void empty(thread_cache& cache) noexcept {
  for (size_class of = 1; of < long_class; ++of) {
    give_back_from(cache, of, static_cast<std::size_t>(cache.tops[of] - row_of(cache, of)));
  }
}

void end(void* ended) {
  auto* cache = static_cast<thread_cache*>(ended);
  this_cache = nullptr;
  goes_without = true; // destructors that come later
  empty(*cache);
  unmap_table(cache, sizeof(thread_cache));
}

// The end of a thread is told by a key, not by a thread-local destructor: registering that one would allocate.
pthread_key_t end_of_thread;
bool have_key = false;

void make_key() {
  have_key = pthread_key_create(&end_of_thread, end) == 0;
}

void make_cache() noexcept {
  goes_without = true; // what is freed until the cache is there, by the C library among others
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_key);
  if (!have_key) {
    return;
  }
  auto* cache = static_cast<thread_cache*>(map_table(sizeof(thread_cache)));
  if (cache == nullptr) {
    return;
  }
  if (pthread_setspecific(end_of_thread, cache) != 0) {
    unmap_table(cache, sizeof(thread_cache));
    return;
  }
  for (size_class of = 1; of < long_class; ++of) {
    cache->tops[of] = row_of(*cache, of);
  }
  // Never room for what has no class.
  cache->tops[no_block_class] = row_of(*cache, no_block_class) + thread_cache::slots - 1;
  cache->tops[long_class] = row_of(*cache, long_class) + thread_cache::slots - 1;
  this_cache = cache;
  goes_without = false;
}

} // namespace

namespace {

void release_anyhow(void* block, size_class of) noexcept {
  if (of < long_class) {
    if (this_cache != nullptr) {
      give_back_from(*this_cache, of, thread_cache::slots / 2);
    } else if (!goes_without) {
      make_cache();
    }
    if (keep_cached(block, of)) {
      return;
    }
  }
  backing::release(block);
}

} // namespace

void release_uncached(void* block, size_class of) noexcept {
  const int kept = errno;
  release_anyhow(block, of);
  errno = kept;
}

void empty_cache() noexcept {
  if (this_cache != nullptr) {
    empty(*this_cache);
  }
}

} // namespace mallocspy::blocks
