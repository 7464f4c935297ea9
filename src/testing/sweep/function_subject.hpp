// SPDX-License-Identifier: MIT
// A function in this process, as a sweep sees it.
#pragma once

#include "testing/report/own_stack_names.hpp"
#include "testing/spies/test_spies.hpp"
#include "testing/sweep/sweep_subject.hpp"

#include <functional>
#include <mallocspy/testing/sweep_options.hpp>

namespace mallocspy::testing_detail {

class function_subject : public sweep_subject {
public:
  function_subject(const std::function<sweep_outcome()>& body, const sweep_options& options, test_spies& spies, board& b);
  ~function_subject() override;

  std::string prepare() override;
  std::string run(unfailed_run kind) override;
  void keep_output() override;
  bool output_agrees() override;
  bool replay() override;
  void prime() override;
  std::string replay_command(const sweep_finding& finding, const sweep_options& options) const override;
  judging how() const override {
    return m_how;
  }
  stack_names& names() override {
    return m_names;
  }

private:
  std::uint32_t call_body();
  [[noreturn]] void end_child(std::uint32_t flags, const spies::calling_thread& caller);

  const std::function<sweep_outcome()>& m_body;
  const sweep_options& m_options;
  test_spies& m_spies;
  board& m_board;
  judging m_how;
  output_files m_output;   // of the run that is under way
  output_files m_baseline; // of the run that others are compared with
  int m_process;
  own_stack_names m_names;
};

} // namespace mallocspy::testing_detail
