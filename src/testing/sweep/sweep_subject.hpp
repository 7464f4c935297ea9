// SPDX-License-Identifier: MIT
// What a sweep is made of: a function in this process, or a program. The driver decides what is run; a subject runs it.
#pragma once

#include "testing/board/board.hpp"
#include "testing/report/stack_names.hpp"

#include <mallocspy/testing/sweep_result.hpp>
#include <string>

namespace mallocspy::testing_detail {

enum class unfailed_run : std::uint8_t {
  first,  // what is set up once is set up in it
  second, // what is alive and lost at its end is what others are compared with
  pass,   // with snapshots where the board asks for them
};

class sweep_subject {
public:
  sweep_subject() = default;
  virtual ~sweep_subject() = default;
  sweep_subject(const sweep_subject&) = delete;
  sweep_subject& operator=(const sweep_subject&) = delete;

  // returns: why it cannot be swept; empty if it can
  virtual std::string prepare() = 0;

  // effects: runs it, with the orders on the board; how it ends goes to board.unfailed
  // returns: why there can be no sweep; empty if there can be
  virtual std::string run(unfailed_run kind) = 0;

  // effects: what the last run wrote is what others are compared with
  virtual void keep_output() = 0;

  // returns: whether the last run had that output
  virtual bool output_agrees() = 0;

  // effects: runs it from its beginning, with the failure that the orders name. What came of it goes to board.replayed
  // returns: false if it cannot be run
  virtual bool replay() = 0;

  // effects: where that does no harm, lets the orders' failure happen in this process: what is set up on the way out of an
  //   error is then no leak any more
  virtual void prime() = 0;

  // returns: what a user does to repeat a finding
  virtual std::string replay_command(const sweep_finding& finding, const sweep_options& options) const = 0;

  // returns: how it is judged
  virtual judging how() const = 0;

  // returns: names for what is on the board
  virtual stack_names& names() = 0;
};

} // namespace mallocspy::testing_detail
