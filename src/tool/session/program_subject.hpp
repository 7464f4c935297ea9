// SPDX-License-Identifier: MIT
// A program, as a sweep sees it.
#pragma once

#include "testing/sweep/sweep_subject.hpp"
#include "tool/program/launch_plan.hpp"
#include "tool/session/program_names.hpp"
#include "tool/session/session_folder.hpp"
#include "tool/session/started_program.hpp"
#include "tool/session/working_copy.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mallocspy::tool {

struct program_choice {
  launch_plan launch;
  std::string in; // file for its standard input
  bool in_place = false;
  bool abort_is_crash = true;
  std::function<std::string(const sweep_finding&)> replay_command; // that repeats a finding; may be empty
};

class program_subject : public testing_detail::sweep_subject {
public:
  // tick: called while a program runs
  program_subject(session_folder& folder, const program_choice& choice, std::function<void()> tick);

  std::string prepare() override;
  std::string run(testing_detail::unfailed_run kind) override;
  void keep_output() override;
  bool output_agrees() override;
  bool replay() override;
  void prime() override {}
  std::string replay_command(const sweep_finding& finding, const sweep_options& options) const override;
  testing_detail::judging how() const override {
    return {m_choice.abort_is_crash, false};
  }
  program_names& names() override {
    return m_names;
  }

private:
  program_end start(sweep_step step, long timeout);
  void make_place();
  std::string why_not_swept(const program_end& end) const;

  session_folder& m_folder;
  const program_choice& m_choice;
  std::function<void()> m_tick;
  program_names m_names;
  unsigned m_places = 0;
  std::string m_home;                          // where the command was started
  std::unique_ptr<working_copy> m_place;       // of the run that is under way
  std::unique_ptr<working_copy> m_after_first; // as the run left it that others are compared with
};

} // namespace mallocspy::tool
