// SPDX-License-Identifier: MIT
// The snapshots of a run: how they are made, what they become, and what is found at their end.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "testing/board/fnv1a.hpp"
#include "testing/process/nameless_file.hpp"
#include "testing/process/outside_fence.hpp"
#include "testing/run/crash_watch.hpp"
#include "testing/run/sweep_run.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mallocspy::testing_detail {

namespace {

off_t size_of(int descriptor) noexcept {
  struct stat facts {};
  return descriptor >= 0 && ::fstat(descriptor, &facts) == 0 ? facts.st_size : 0;
}

// effects: makes a file in memory at a descriptor of this layer, or empties the one that is there
bool make_empty(int& descriptor, const snapshot_safety& safety) noexcept {
  if (descriptor >= 0) {
    if (::ftruncate(descriptor, 0) == 0 && ::lseek(descriptor, 0, SEEK_SET) == 0) {
      return true;
    }
    // The program has closed it, or it is another file now.
  }
  descriptor = safety.hide(make_nameless_file("mallocspy output"));
  return descriptor >= 0;
}

std::uint64_t digest_of(int descriptor, std::uint64_t sum) noexcept {
  unsigned char buffer[4096];
  ssize_t got = 0;
  for (off_t at = 0; (got = ::pread(descriptor, buffer, sizeof buffer, at)) > 0; at += got) {
    sum = fnv1a(buffer, static_cast<std::size_t>(got), sum);
  }
  return sum;
}

// Signals wait while a child is made: no handler of the program runs in between.
class signals_blocked {
public:
  signals_blocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &m_before);
  }
  ~signals_blocked() {
    ::sigprocmask(SIG_SETMASK, &m_before, nullptr);
  }
  signals_blocked(const signals_blocked&) = delete;
  signals_blocked& operator=(const signals_blocked&) = delete;

private:
  sigset_t m_before;
};

// A child that crashes leaves no core file, and starts no collector of them: 1 stops both.
void leave_no_core() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_CORE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max < 1 ? limit.rlim_max : 1;
    ::setrlimit(RLIMIT_CORE, &limit);
  }
}

} // namespace

bool sweep_run::prepare(child_slot& slot, const open_files& files) noexcept {
  slot.written = m_safety.written_files(files);
  slot.copied = 0;
  if ((m_output.out >= 0 && !make_empty(slot.output.out, m_safety)) ||
      (m_output.err >= 0 && !make_empty(slot.output.err, m_safety))) {
    return false;
  }
  slot.copied = m_safety.copy_written(files, slot.copies, slot.compared);
  if (slot.copied < 0) {
    slot.copied = 0;
    return false;
  }
  slot.out_before = size_of(m_output.out);
  slot.err_before = size_of(m_output.err);
  return true;
}

// returns: true in a child that is to fail
bool sweep_run::take_snapshot(std::uint64_t n, bool is_control) noexcept {
  const int kept = errno;
  open_files files;
  unsafe why = m_safety.look(files);
  if (why == unsafe::no && !is_control) {
    why = learn_files(n, files);
  }
  if (why == unsafe::no && m_role == role::unfailed) {
    why = is_control ? make_control(n, files) : make_child(n, false, files);
  }
  if (why != unsafe::no) {
    m_board->points[n].why_no_snapshot.store(why, std::memory_order_relaxed);
  }
  errno = kept;
  return m_role == role::failing;
}

// effects: finds out, by a child in which nothing fails, what the files that are being written are like at the end
// returns: why there can be no snapshot; no: it is known, or nothing is being written
unsafe sweep_run::learn_files(std::uint64_t n, const open_files& files) noexcept {
  const std::uint64_t written = m_safety.written_files(files);
  if (written == 0) {
    return unsafe::no;
  }
  if (find_files(written) == nullptr) {
    const unsafe why = make_control(n, files);
    if (why != unsafe::no || m_role == role::control) {
      return why;
    }
  }
  const known_files* known = find_files(written);
  return known != nullptr && known->usable ? unsafe::no : unsafe::escaped;
}

// effects: finds out, by a child in which nothing fails, whether it ends as the unfailed run. If it does not, another one
//   is asked: one may have come too late on a machine that is busy
unsafe sweep_run::make_control(std::uint64_t n, const open_files& files) noexcept {
  for (unsigned i = 0; i < 2; ++i) {
    const unsafe why = make_child(n, true, files);
    if (why != unsafe::no || m_role == role::control) {
      return why;
    }
    while (m_running != 0) {
      collect_one();
    }
    if (m_control_difference == 0) {
      return unsafe::no;
    }
  }
  m_board->differing_flags.store(m_control_difference, std::memory_order_relaxed);
  m_board->differing.store(n, std::memory_order_relaxed);
  return unsafe::no;
}

// effects: makes a child; it comes back from here as well, with its role
unsafe sweep_run::make_child(std::uint64_t n, bool is_control, const open_files& files) noexcept {
  while (m_running >= m_board->order.jobs) {
    collect_one();
  }
  unsigned place = 0;
  while (m_children[place].id > 0) {
    ++place;
  }
  child_slot& slot = m_slots[place];
  slot.n = n;
  slot.is_control = is_control;
  if (!prepare(slot, files)) {
    return unsafe::descriptors;
  }
  child_facts& facts = is_control ? m_board->control[place] : m_board->points[n].failed;
  std::memset(static_cast<void*>(&facts), 0, sizeof facts);
  {
    const signals_blocked blocked;
    m_children[place] = copy_process(m_safety.first_hidden());
    if (m_children[place].id == 0) {
      m_facts = &facts;
      become_child(slot, files);
      return unsafe::no;
    }
  }
  if (m_children[place].id < 0) {
    m_children[place] = {};
    return unsafe::no_copy;
  }
  ++m_running;
  m_board->snapshots.fetch_add(1, std::memory_order_relaxed);
  if (m_board->order.jobs == 1) {
    collect_one();
  }
  return unsafe::no;
}

void sweep_run::become_child(child_slot& slot, const open_files& files) noexcept {
  m_role = role::control;
  m_process = ::getpid();
  leave_no_core();
  if (!m_safety.become_own(files, slot.output, slot.copies) || !raise_fence(*m_facts)) {
    m_facts->flags.fetch_or(child_facts::escaped, std::memory_order_relaxed);
    end_process(0);
  }
  watch_for_crashes(*m_facts, m_stacks, m_how.is_function);
  if (!slot.is_control) {
    start_failing();
  }
}

const sweep_run::known_files* sweep_run::find_files(std::uint64_t written) const noexcept {
  for (unsigned i = 0; i < std::min(m_file_sets, most_file_sets); ++i) {
    if (m_files[i].written == written) {
      return &m_files[i];
    }
  }
  return nullptr;
}

void sweep_run::compare_output(const child_slot& slot, child_facts& facts) noexcept {
  std::uint32_t flags = 0;
  if (m_baseline.out >= 0 && !equal_contents(m_baseline.out, slot.out_before, slot.output.out, 0)) {
    flags |= child_facts::other_output;
  }
  if (m_baseline.err >= 0 && !equal_contents(m_baseline.err, slot.err_before, slot.output.err, 0)) {
    flags |= child_facts::other_error_text;
  }
  if (slot.written != 0) {
    facts.files = fnv1a_start;
    for (int i = 0; i < slot.copied; ++i) {
      facts.files = (slot.compared >> i & 1U) != 0 ? digest_of(slot.copies[i], facts.files) : facts.files;
    }
    const known_files* known = find_files(slot.written);
    if (known != nullptr && known->usable && known->digest != facts.files) {
      flags |= child_facts::other_files;
    } else if (known == nullptr && slot.is_control) {
      const bool usable = (facts.flags.load(std::memory_order_relaxed) & child_facts::finished) != 0;
      m_files[m_file_sets++ % most_file_sets] = {slot.written, facts.files, usable};
    }
  }
  facts.flags.fetch_or(flags, std::memory_order_relaxed);
}

void sweep_run::collect_one() noexcept {
  const std::int64_t timeout = m_board->order.timeout;
  child_process before[board::most_jobs];
  std::memcpy(static_cast<void*>(before), m_children, sizeof before);
  const child_end end = wait_for_one(m_children, board::most_jobs, timeout);
  --m_running;
  child_slot& slot = m_slots[end.index];
  point& p = m_board->points[slot.n];
  child_facts& facts = slot.is_control ? m_board->control[end.index] : p.failed;
  facts.status = end.status;
  facts.milliseconds = static_cast<std::uint32_t>(now() - before[end.index].began);
  compare_output(slot, facts);
  facts.flags.fetch_or(child_facts::ended | (end.timed_out ? child_facts::timed_out : 0U), std::memory_order_relaxed);
  for (; slot.copied != 0; --slot.copied) {
    ::close(slot.copies[slot.copied - 1]);
  }
  // A SIGSYS that was blocked ends a child at once.
  const bool escaped =
      (facts.flags.load(std::memory_order_relaxed) & child_facts::escaped) != 0 || (end.status & 0x7F) == SIGSYS;
  if (slot.is_control) {
    m_board->controls.fetch_add(1, std::memory_order_relaxed);
    m_control_difference = escaped ? 0 : difference(facts, m_board->unfailed_before, m_how);
    return;
  }
  if (escaped) {
    facts.flags.fetch_or(child_facts::escaped, std::memory_order_relaxed);
    p.why_no_snapshot.store(unsafe::escaped, std::memory_order_relaxed);
    return;
  }
  m_board->done.fetch_add(1, std::memory_order_relaxed);
  if (is_finding(judge(facts, m_board->unfailed_before, m_how))) {
    m_board->suspicious.fetch_add(1, std::memory_order_relaxed);
  }
}

} // namespace mallocspy::testing_detail
