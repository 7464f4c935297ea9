// SPDX-License-Identifier: MIT
// A meeting point for a fixed number of threads, usable again and again.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace support {

class barrier {
public:
  explicit barrier(std::size_t threads) noexcept : m_threads(threads) {}

  // effects: returns when all threads have arrived
  void arrive_and_wait() {
    std::unique_lock<std::mutex> held(m_mutex);
    const std::size_t round = m_round;
    if (++m_arrived == m_threads) {
      m_arrived = 0;
      ++m_round;
      m_all_here.notify_all();
      return;
    }
    m_all_here.wait(held, [&] { return m_round != round; });
  }

private:
  std::size_t m_threads;
  std::size_t m_arrived = 0;
  std::size_t m_round = 0;
  std::mutex m_mutex;
  std::condition_variable m_all_here;
};

} // namespace support
