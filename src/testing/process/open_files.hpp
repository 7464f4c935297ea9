// SPDX-License-Identifier: MIT
// The open files of this process, as far as a snapshot must know them. Elsewhere than on Linux none is known.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <sys/types.h>

namespace mallocspy::testing_detail {

enum class file_kind : std::uint8_t {
  regular,   // has a position, which processes that share it move for each other
  directory, // likewise
  null,      // /dev/null, /dev/zero, /dev/urandom and the like: no state
  terminal,
  pipe,   // leads to others, unless both of its ends are this process's own
  socket, // leads to others
  other,  // eventfd, epoll, timers ...: state that processes share
};

struct open_file {
  int descriptor;
  int flags; // as fcntl(F_GETFL) tells them
  file_kind kind;
  bool own; // memory without a name (memfd): of this layer, or of this process alone
  dev_t device;
  ino_t inode;
  off_t size;

  bool is_writable() const noexcept;
  bool is_same_file(const open_file& other) const noexcept {
    return device == other.device && inode == other.inode;
  }
};

struct open_files {
  static constexpr std::size_t most = 256;
  std::size_t count;
  bool complete; // false: there are more, or the system does not tell
  open_file file[most];

  // returns: the file with the descriptor; null if none is open
  const open_file* find(int descriptor) const noexcept;
  // returns: the other end of a pipe; null if it is not here, or if there are more descriptors of the pipe than two
  const open_file* other_end(const open_file& pipe) const noexcept;
};

// effects: looks at all open files but those from `first_hidden` on, which belong to this layer
void list_open_files(open_files& files, int first_hidden) noexcept;

// returns: a file of the process opened anew, so that it has a position of its own, at the same place; -1 on failure
int reopen(const open_file& file) noexcept;

// returns: a private copy of a regular file, with the same position and length, or one with nothing but zeros; -1 on
//   failure
int copy_to_memory(const open_file& file, bool with_contents) noexcept;

// returns: whether nothing waits in a pipe to be read
bool is_empty_pipe(const open_file& file) noexcept;

// returns: whether from the given places on two files have the same contents
bool equal_contents(int a, off_t a_from, int b, off_t b_from) noexcept;

} // namespace mallocspy::testing_detail
