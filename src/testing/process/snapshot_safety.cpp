// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "testing/process/snapshot_safety.hpp"

#include "blocks/sanitizer_hints.hpp"
#include "testing/process/closing_pipe.hpp"
#include "testing/process/shared_mappings.hpp"

#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mallocspy::testing_detail {

namespace {

constexpr off_t largest_copy = off_t{64} << 20;
#if defined(__linux__)
constexpr bool can_be_copied = true;
constexpr int only_a_path = O_PATH;
#else
constexpr bool can_be_copied = false; // nothing keeps a copy from what is outside: each point is replayed
constexpr int only_a_path = 0;
#endif
#if defined(MALLOCSPY_TSAN)
constexpr unsigned threads_of_the_runtime = 1;
#else
constexpr unsigned threads_of_the_runtime = 0;
#endif

bool has_other_threads() noexcept {
  struct stat facts {};
  // One link for each thread, and two as any folder.
  return ::stat("/proc/self/task", &facts) == 0 && facts.st_nlink > 3 + threads_of_the_runtime;
}

// Snapshots are no children in this sense.
bool has_children() noexcept {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

open_file facts_of(int descriptor) noexcept {
  struct stat facts {};
  if (descriptor < 0 || ::fstat(descriptor, &facts) != 0) {
    return {-1, 0, file_kind::other, false, 0, 0, 0};
  }
  return {descriptor, 0, file_kind::regular, false, facts.st_dev, facts.st_ino, facts.st_size};
}

bool put_at(int from, int to) noexcept {
  const bool done = from >= 0 && ::dup2(from, to) == to;
  if (from >= 0) {
    ::close(from);
  }
  return done;
}

bool put_null_at(const open_file& file) noexcept {
  return put_at(::open("/dev/null", (file.flags & O_ACCMODE) | O_CLOEXEC), file.descriptor);
}

bool put_pipe_at(const open_file& reading, const open_file& writing) noexcept {
  int fresh[2];
  if (!make_closing_pipe(fresh, reading.flags & O_NONBLOCK)) {
    return false;
  }
  ::fcntl(fresh[1], F_SETFL, writing.flags & (O_NONBLOCK | O_APPEND));
  return put_at(fresh[0], reading.descriptor) && put_at(fresh[1], writing.descriptor);
}

} // namespace

int first_hidden_descriptor() noexcept {
  static std::atomic<int> first{0};
  if (first.load(std::memory_order_relaxed) == 0) {
    rlimit limit{};
    const bool known = ::getrlimit(RLIMIT_NOFILE, &limit) == 0;
    constexpr rlim_t highest = 1000;
    first.store(static_cast<int>((known && limit.rlim_cur < highest ? limit.rlim_cur : highest) * 2 / 3),
                std::memory_order_relaxed);
  }
  return first.load(std::memory_order_relaxed);
}

void snapshot_safety::begin(const output_files& output) noexcept {
  m_first_hidden = first_hidden_descriptor();
  m_out = facts_of(output.out);
  m_err = facts_of(output.err);
  list_open_files(m_before, m_first_hidden);
  m_mappings = count_shared_mappings();
  m_has_children = has_children();
}

bool snapshot_safety::is_output(const open_file& file, const open_file& output) const noexcept {
  return output.descriptor >= 0 && file.is_same_file(output);
}

bool snapshot_safety::was_there(const open_file& file) const noexcept {
  const open_file* before = m_before.find(file.descriptor);
  return before != nullptr && before->is_same_file(file) && before->kind == file.kind;
}

// A pipe that the process talks to itself by, as signal handlers do.
bool snapshot_safety::is_own_pipe(const open_files& files, const open_file& file) const noexcept {
  return file.kind == file_kind::pipe && !was_there(file) && files.other_end(file) != nullptr && is_empty_pipe(file);
}

bool snapshot_safety::is_copied(const open_file& file) const noexcept {
  return file.kind == file_kind::regular && file.is_writable() && !is_output(file, m_out) && !is_output(file, m_err);
}

unsafe snapshot_safety::look(open_files& files) noexcept {
  if (!can_be_copied) {
    return unsafe::no_copy;
  }
  if (has_other_threads()) {
    return unsafe::threads;
  }
  if (!m_has_children && has_children()) {
    return unsafe::children;
  }
  list_open_files(files, m_first_hidden);
  if (!files.complete) {
    return unsafe::descriptors;
  }
  for (std::size_t i = 0; i < files.count; ++i) {
    const open_file& f = files.file[i];
    if (is_output(f, m_out) || is_output(f, m_err)) {
      continue;
    }
    if (is_copied(f) && f.size > largest_copy && needs_contents(f)) {
      return unsafe::large_file;
    }
    const bool is_own = f.kind == file_kind::regular || f.kind == file_kind::directory || f.kind == file_kind::null ||
                        is_own_pipe(files, f);
    if (!is_own && !was_there(f)) {
      return unsafe::descriptors;
    }
  }
  return count_shared_mappings() > m_mappings ? unsafe::shared_mapping : unsafe::no;
}

// A file that was open before the run may be somebody else's log, that grows meanwhile.
bool snapshot_safety::is_compared(const open_file& file) const noexcept {
  return is_copied(file) && !was_there(file);
}

bool snapshot_safety::needs_contents(const open_file& file) const noexcept {
  return is_compared(file) || (file.flags & O_ACCMODE) != O_WRONLY;
}

int snapshot_safety::copy_written(const open_files& files, int (&copies)[8], unsigned& compared) noexcept {
  compared = 0;
  int count = 0;
  for (std::size_t i = 0; i < files.count; ++i) {
    if (!is_copied(files.file[i])) {
      continue;
    }
    // Descriptors of one file would have to stay one file.
    bool again = false;
    for (std::size_t j = 0; j < i; ++j) {
      again = again || (is_copied(files.file[j]) && files.file[j].is_same_file(files.file[i]));
    }
    const int copy = again || count == 8 ? -1 : hide(copy_to_memory(files.file[i], needs_contents(files.file[i])));
    if (copy < 0) {
      while (count != 0) {
        ::close(copies[--count]);
      }
      return -1;
    }
    compared |= is_compared(files.file[i]) ? 1U << count : 0U;
    copies[count++] = copy;
  }
  return count;
}

bool snapshot_safety::become_own(const open_files& files, const output_files& child_output,
                                 const int (&copies)[8]) noexcept {
  int copied = 0;
  for (std::size_t i = 0; i < files.count; ++i) {
    const open_file& f = files.file[i];
    bool done = true;
    if (is_output(f, m_out)) {
      done = ::dup2(child_output.out, f.descriptor) >= 0;
    } else if (is_output(f, m_err)) {
      done = ::dup2(child_output.err, f.descriptor) >= 0;
    } else if (is_copied(f)) {
      done = ::dup2(copies[copied++], f.descriptor) >= 0;
    } else if ((f.kind == file_kind::regular || f.kind == file_kind::directory) && (f.flags & only_a_path) == 0) {
      done = put_at(reopen(f), f.descriptor);
    } else if (is_own_pipe(files, f)) {
      // Both ends at once, when the end for reading comes.
      done = f.is_writable() || put_pipe_at(f, *files.other_end(f));
    } else if (f.kind != file_kind::null && (f.flags & only_a_path) == 0) {
      done = put_null_at(f);
    }
    if (!done) {
      return false;
    }
  }
  return true;
}

std::uint64_t snapshot_safety::written_files(const open_files& files) const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < files.count; ++i) {
    const open_file& f = files.file[i];
    if (is_compared(f)) {
      sum = (sum ^ f.inode ^ static_cast<std::uint64_t>(f.descriptor) << 56) * 0x9E3779B97F4A7C15U + 1;
    }
  }
  return sum;
}

int snapshot_safety::hide(int descriptor) const noexcept {
  if (descriptor < 0) {
    return -1;
  }
  const int hidden = ::fcntl(descriptor, F_DUPFD_CLOEXEC, m_first_hidden);
  ::close(descriptor);
  return hidden;
}

} // namespace mallocspy::testing_detail
