// SPDX-License-Identifier: MIT
// Work on another thread that may be stuck: a test can ask whether it got done in time instead of hanging.
#pragma once

#include <chrono>
#include <future>
#include <thread>

namespace support {

class on_another_thread {
public:
  template <class Work> explicit on_another_thread(Work work) {
    std::packaged_task<void()> task(std::move(work));
    m_done = task.get_future();
    m_thread = std::thread(std::move(task));
  }
  on_another_thread(const on_another_thread&) = delete;
  on_another_thread& operator=(const on_another_thread&) = delete;
  // Whatever held the work up must be over by now.
  ~on_another_thread() {
    m_thread.join();
  }

  // returns: whether the work is done, waiting for it as long as a healthy one could ever take
  bool done() const {
    return m_done.wait_for(std::chrono::seconds(10)) == std::future_status::ready;
  }

private:
  std::future<void> m_done;
  std::thread m_thread;
};

} // namespace support
