// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates.
#include "blocks/word_lock.hpp"

#include <cerrno>
#include <ctime>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#endif

namespace mallocspy::blocks {

namespace {

// returns: whether the holder of a lock can go on while another thread looks at it
bool others_run_beside() noexcept {
#if defined(__linux__)
  cpu_set_t mine;
  // Not sysconf, which reads files. More processors than fit are more than one.
  return ::sched_getaffinity(0, sizeof mine, &mine) != 0 || CPU_COUNT(&mine) > 1;
#else
  return ::sysconf(_SC_NPROCESSORS_ONLN) > 1;
#endif
}

// returns: the same, as it was when it was first asked. errno is kept
bool looking_is_worth_it() noexcept {
  enum : unsigned char { unknown, no, yes };
  static std::atomic<unsigned char> answer{unknown};
  if (answer.load(std::memory_order_relaxed) == unknown) {
    const int kept = errno;
    answer.store(others_run_beside() ? yes : no, std::memory_order_relaxed);
    errno = kept;
  }
  return answer.load(std::memory_order_relaxed) == yes;
}

// A pause is some 40 to 140 cycles.
inline void pause(unsigned times) noexcept {
  for (unsigned i = 0; i < times; ++i) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
  }
}

} // namespace

// What the word guards takes less time than going to sleep. Each look takes the word's cache line away from its holder, and
// whoever gets the lock pays for the lines of all that it guards: so the looks become rare, and threads take turns every
// few microseconds, not at each call.
bool word_lock::lock_by_looking() noexcept {
  constexpr unsigned most_pauses = 128;
  constexpr unsigned looks = 24;
  unsigned pauses = 64;
  for (unsigned look = 0; look < looks; ++look) {
    pause(pauses);
    unsigned seen = m_word.load(std::memory_order_relaxed);
    if (seen == free_word &&
        m_word.compare_exchange_strong(seen, taken, std::memory_order_acquire, std::memory_order_relaxed)) {
      return true;
    }
    pauses = pauses < most_pauses ? pauses * 2 : most_pauses;
  }
  return false;
}

// A holder that has asked whether it is wanted just before this thread says so gives back the word some nanoseconds later:
// so the word is looked at only after a while. If the holder is interrupted between the two, nobody wakes this thread, and
// so it does not sleep for long.
void word_lock::lock_by_sleeping() noexcept {
  constexpr unsigned patience = 2;
  constexpr unsigned while_holder_answers = 8; // pauses
  pthread_mutex_lock(&m_asleep);
  unsigned overtaken = 0;
  bool woken = true;
  for (;;) {
    // Also once this thread has the word, since others may be asleep: one wake too many does no harm.
    m_wanted.store(true, std::memory_order_seq_cst);
    pause(while_holder_answers);
    if (m_handed_over || m_word.exchange(taken, std::memory_order_acquire) == free_word) {
      break;
    }
    if (woken && ++overtaken == patience) {
      ++m_impatient;
    }
    woken = sleep_briefly();
  }
  m_handed_over = false;
  m_impatient -= overtaken >= patience ? 1 : 0;
  pthread_mutex_unlock(&m_asleep);
}

void word_lock::lock_slowly() noexcept {
  if (!looking_is_worth_it() || !lock_by_looking()) {
    lock_by_sleeping();
  }
}

// effects: with m_asleep locked: waits until the lock has been passed on, or ten milliseconds have passed
// returns: whether it has been passed on
bool word_lock::sleep_briefly() noexcept {
  constexpr long at_most = 10'000'000; // ns
  constexpr long second = 1'000'000'000;
  timespec end{};
  ::clock_gettime(CLOCK_REALTIME, &end);
  end.tv_nsec += at_most;
  if (end.tv_nsec >= second) {
    end.tv_nsec -= second;
    ++end.tv_sec;
  }
  return pthread_cond_timedwait(&m_changed, &m_asleep, &end) == 0;
}

// effects: by the thread that has the word, with m_asleep locked: the word is free, or another thread's
void word_lock::pass_on() noexcept {
  m_wanted.store(false, std::memory_order_relaxed); // whoever wakes and must sleep again says so again
  if (m_impatient != 0) {
    m_handed_over = true; // and the word stays taken: nobody gets in between
  } else {
    m_word.store(free_word, std::memory_order_release);
  }
  pthread_cond_broadcast(&m_changed);
}

void word_lock::unlock_slowly() noexcept {
  pthread_mutex_lock(&m_asleep);
  pass_on();
  pthread_mutex_unlock(&m_asleep);
}

void word_lock::wait_for_change() noexcept {
  // What is waited for changes under the word, and is told under the other mutex: between the two it cannot get past this
  // thread.
  pthread_mutex_lock(&m_asleep);
  pass_on();
  pthread_cond_wait(&m_changed, &m_asleep);
  pthread_mutex_unlock(&m_asleep);
  lock();
}

void word_lock::tell_change() noexcept {
  pthread_mutex_lock(&m_asleep);
  pthread_cond_broadcast(&m_changed);
  pthread_mutex_unlock(&m_asleep);
}

void word_lock::after_fork_in_child() noexcept {
  m_asleep = PTHREAD_MUTEX_INITIALIZER;
  m_changed = PTHREAD_COND_INITIALIZER;
  m_wanted.store(false, std::memory_order_relaxed);
  m_impatient = 0;
  m_handed_over = false;
}

} // namespace mallocspy::blocks
