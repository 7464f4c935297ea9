// SPDX-License-Identifier: MIT
// Whether a copy of this process could run on by itself, and how its files are made its own. Linux; elsewhere it never
// can.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "testing/board/board.hpp"
#include "testing/process/open_files.hpp"

namespace mallocspy::testing_detail {

// The files that a run writes its output to, and where a child is to write instead.
struct output_files {
  int out = -1; // descriptors of this layer; -1: none
  int err = -1;
};

// returns: from which descriptor on this layer has its own files. The same in all of the process's life
int first_hidden_descriptor() noexcept;

class snapshot_safety {
public:
  int first_hidden() const noexcept {
    return m_first_hidden;
  }

  // effects: notes what is there before the run begins: channels to others and terminals that are open now are closed to
  //   children, and no reason against snapshots; so are mappings and children that are there now
  // output: where the run's own output goes
  void begin(const output_files& output) noexcept;

  // effects: looks at the process, as it is now
  // returns: why there can be no snapshot; no: there can be. `files` is then what become_own() needs
  unsafe look(open_files& files) noexcept;

  // effects: makes copies of the files that are open for writing
  // returns: how many, with their descriptors in `copies`; -1 if that is not possible
  // compared: gets a bit for each of those that have been opened since begin()
  int copy_written(const open_files& files, int (&copies)[8], unsigned& compared) noexcept;

  // effects: in the child: its files are its own from now on
  // returns: false if that is not possible
  bool become_own(const open_files& files, const output_files& child_output, const int (&copies)[8]) noexcept;

  // returns: a number that tells which files have been opened for writing since begin(); 0: none
  std::uint64_t written_files(const open_files& files) const noexcept;

  // effects: moves a descriptor to this layer's. returns: its new number; -1 on failure
  int hide(int descriptor) const noexcept;

private:
  bool is_output(const open_file& file, const open_file& output) const noexcept;
  bool was_there(const open_file& file) const noexcept;
  bool is_own_pipe(const open_files& files, const open_file& file) const noexcept;
  bool is_copied(const open_file& file) const noexcept;
  bool is_compared(const open_file& file) const noexcept;
  bool needs_contents(const open_file& file) const noexcept;

  int m_first_hidden = 0;
  unsigned m_mappings = 0; // shared and writable ones at the begin
  bool m_has_children = false;
  open_file m_out{};
  open_file m_err{};
  open_files m_before{};
};

} // namespace mallocspy::testing_detail
