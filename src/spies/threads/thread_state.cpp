// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/threads/thread_state.hpp"

#include "blocks/table_memory.hpp"

#include <pthread.h>

namespace mallocspy::spies {

std::uintptr_t no_page[frame_words];
__thread thread_state this_thread = {0, 0, false, no_page + frame_words, no_page + frame_words, 0, nullptr};

namespace {

constexpr std::uint32_t bits = 64;
// Which numbers are taken. Without a lock, so that a fork finds it whole; the numbers of threads that a child has not stay
// taken there.
std::atomic<std::uint64_t> taken[most_threads / bits] = {{1}}; // 0 is the shared one
std::atomic<std::uint32_t> next_serial{1};

// The lowest free number, so that tables stay dense. returns: 0 if there is none
std::uint32_t take_index() noexcept {
  for (std::uint32_t word = 0; word < most_threads / bits; ++word) {
    std::uint64_t seen = taken[word].load(std::memory_order_relaxed);
    while (~seen != 0) {
      const auto bit = static_cast<std::uint32_t>(__builtin_ctzll(~seen));
      // Acquire: what the thread that had the number before wrote into its tables is there.
      if (taken[word].compare_exchange_weak(seen, seen | (std::uint64_t{1} << bit), std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
        return word * bits + bit;
      }
    }
  }
  return 0;
}

void give_back_index(std::uint32_t index) noexcept {
  taken[index / bits].fetch_and(~(std::uint64_t{1} << (index % bits)), std::memory_order_release);
}

// The end of a thread is told by a key, not by a thread-local destructor: registering that one would allocate.
void at_end_of_thread(void*) {
  thread_state& thread = this_thread;
  if (thread.index != 0) {
    const std::uint32_t index = thread.index;
    thread.index = 0;
    thread.table = 0;
    give_back_index(index);
  }
  thread.ended = true;
  std::uintptr_t* page = page_of(thread);
  if (page != nullptr && thread.top == page + frame_words) { // else a hook is under way, in which the thread ends
    blocks::unmap_table(page, page_words * sizeof(std::uintptr_t));
    thread.top = no_page + frame_words;
    thread.end = thread.top;
  }
}

pthread_key_t end_of_thread;
std::atomic<int> have_key{0};

void make_key() {
  have_key.store(pthread_key_create(&end_of_thread, at_end_of_thread) == 0 ? 1 : -1, std::memory_order_release);
}

// returns: whether the thread's end will be told
bool tell_end_of_thread() noexcept {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_key);
  return have_key.load(std::memory_order_acquire) > 0 && pthread_setspecific(end_of_thread, &this_thread) == 0;
}

} // namespace

std::uint32_t number_this_thread() noexcept {
  thread_state& thread = this_thread;
  if (thread.serial == 0) {
    thread.serial = next_serial.fetch_add(1, std::memory_order_relaxed);
  }
  if (!thread.ended && thread.index == 0 && tell_end_of_thread()) {
    thread.index = take_index();
  }
  return thread.index;
}

std::uint64_t number_of_new_table() noexcept {
  static std::atomic<std::uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

bool make_page() noexcept {
  auto* page = static_cast<std::uintptr_t*>(blocks::map_table(page_words * sizeof(std::uintptr_t)));
  if (page == nullptr) {
    return false;
  }
  this_thread.top = page + frame_words;
  this_thread.end = page + page_words;
  tell_end_of_thread(); // without it the page is lost at the thread's end, and nothing else
  return true;
}

} // namespace mallocspy::spies
