// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "blocks/thread_cache.hpp"

#include "blocks/backing.hpp"
#include "blocks/table_memory.hpp"

#include <cerrno>
#include <cstring>
#include <pthread.h>

namespace mallocspy::blocks {

namespace {

// Behind the only row of threads without a cache.
alignas(thread_cache::row_size) void* no_row[thread_cache::slots] = {};

constexpr cache_tops make_tops_of_none() noexcept {
  cache_tops none{};
  for (void**& top : none.tops) {
    top = no_row + thread_cache::slots;
  }
  return none;
}
cache_tops tops_of_none = make_tops_of_none();

// What this_words.cache is the beginning of. Null: the thread has none.
__thread thread_cache* own_cache = nullptr;

// A thread that has ended, cannot be told of its end, or got no memory goes without.
__thread bool goes_without = false;

void** first_of(thread_cache& cache, size_class of) noexcept {
  return cache.rows[of] + 1;
}

void give_back_from(thread_cache& cache, size_class of, std::size_t count) noexcept {
  void** first = first_of(cache, of);
  const auto held = static_cast<std::size_t>(cache.tops[of] - first);
  for (std::size_t i = 0; i < count; ++i) {
    backing::release(first[i]);
  }
  std::memmove(first, first + count, (held - count) * sizeof(void*));
  cache.tops[of] = first + (held - count);
}

void empty(thread_cache& cache) noexcept {
  for (size_class of = 1; of < long_class; ++of) {
    give_back_from(cache, of, static_cast<std::size_t>(cache.tops[of] - first_of(cache, of)));
  }
}

} // namespace

__thread thread_words this_words = {&tops_of_none, nullptr, stands_nowhere, 0};

thread_cache* cache_of_this_thread() noexcept {
  return own_cache;
}

namespace {

void end(void* ended) {
  auto* cache = static_cast<thread_cache*>(ended);
  this_words.cache = &tops_of_none;
  own_cache = nullptr;
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
    cache->tops[of] = first_of(*cache, of);
  }
  // Never room for what has no class.
  cache->tops[no_block_class] = tops_of_none.tops[no_block_class];
  cache->tops[long_class] = tops_of_none.tops[long_class];
  this_words.cache = cache;
  own_cache = cache;
  goes_without = false;
}

void release_anyhow(void* block, size_class of) noexcept {
  if (of < long_class) {
    if (thread_cache* cache = cache_of_this_thread()) {
      give_back_from(*cache, of, thread_cache::slots / 2);
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
  if (thread_cache* cache = cache_of_this_thread()) {
    empty(*cache);
  }
}

} // namespace mallocspy::blocks
