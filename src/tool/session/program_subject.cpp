// SPDX-License-Identifier: MIT
#include "tool/session/program_subject.hpp"

#include "testing/process/child_process.hpp"
#include "testing/process/open_files.hpp"
#include "testing/sweep/rerun_end.hpp"
#include "tool/session/interruption.hpp"

#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace mallocspy::tool {

namespace {

bool same_contents(const std::string& a, const std::string& b) {
  const int in_a = ::open(a.c_str(), O_RDONLY | O_CLOEXEC);
  const int in_b = ::open(b.c_str(), O_RDONLY | O_CLOEXEC);
  const bool same = in_a >= 0 && in_b >= 0 && testing_detail::equal_contents(in_a, 0, in_b, 0);
  ::close(in_a);
  ::close(in_b);
  return same;
}

void empty_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file >= 0) {
    ::close(file);
  }
}

} // namespace

program_subject::program_subject(session_folder& folder, const program_choice& choice, std::function<void()> tick)
    : m_folder(folder), m_choice(choice), m_tick(std::move(tick)), m_names(folder.shared().board),
      m_home(std::filesystem::current_path().string()) {}

std::string program_subject::prepare() {
  return {};
}

void program_subject::make_place() {
  m_place.reset();
  if (!m_choice.in_place) {
    m_place = std::make_unique<working_copy>(m_home, m_folder.file("place" + std::to_string(++m_places)));
  }
}

program_end program_subject::start(sweep_step step, long timeout) {
  make_place();
  m_folder.disarm();
  m_folder.shared().step = step;
  empty_file(m_folder.file(output_file));
  empty_file(m_folder.file(error_file));
  program_start s;
  s.path = std::filesystem::absolute(m_choice.launch.path).string();
  s.words = m_choice.launch.words;
  s.preload = m_choice.launch.preload;
  s.session = m_folder.path();
  s.in = m_choice.in;
  s.out = m_folder.file(output_file);
  s.err = m_folder.file(error_file);
  if (m_place != nullptr) {
    s.folder = m_place->folder();
    s.environment = {{"TMPDIR", m_place->temporary()}, {"PWD", m_place->folder()}};
  }
  const program_end end = run_program(s, timeout, m_tick);
  if (end.interrupted) {
    m_folder.shared().board.cancelled.store(true);
  }
  return end;
}

std::string program_subject::why_not_swept(const program_end& end) const {
  if (end.interrupted) {
    return "interrupted before the program had run once without a failure";
  }
  if (WIFSIGNALED(end.status)) {
    return "the program is ended by a signal without a failure: " + std::string(::strsignal(WTERMSIG(end.status)));
  }
  const session& s = m_folder.shared();
  if (s.armed_process.load() == 0) {
    return s.follow[0] == '\0' ? "the library was not loaded into the program"
                               : "the program starts none of the programs that are to be followed";
  }
  if (s.ended.load() == 0) {
    return "the program's end was not seen: it replaces itself by another one (name that with --follow), or ends by a "
           "system "
           "call of its own";
  }
  return {};
}

std::string program_subject::run(testing_detail::unfailed_run kind) {
  using testing_detail::unfailed_run;
  const program_end end = start(kind == unfailed_run::first    ? sweep_step::first
                                : kind == unfailed_run::second ? sweep_step::second
                                                               : sweep_step::pass,
                                0);
  m_folder.shared().board.unfailed.status = end.status;
  if (kind == unfailed_run::pass) {
    return {}; // what it missed is replayed
  }
  return why_not_swept(end);
}

void program_subject::keep_output() {
  std::filesystem::rename(m_folder.file(output_file), m_folder.file(first_output_file));
  std::filesystem::rename(m_folder.file(error_file), m_folder.file(first_error_file));
  m_after_first = std::move(m_place);
}

bool program_subject::output_agrees() {
  return same_contents(m_folder.file(output_file), m_folder.file(first_output_file)) &&
         (m_place == nullptr || first_difference(m_place->folder(), m_after_first->folder()).empty());
}

bool program_subject::replay() {
  testing_detail::board& b = m_folder.shared().board;
  std::memset(static_cast<void*>(&b.replayed), 0, sizeof b.replayed);
  const std::int64_t began = testing_detail::now();
  const program_end end = start(sweep_step::replay, b.order.timeout);
  if (end.interrupted) {
    return false;
  }
  const bool same_files = m_place == nullptr || first_difference(m_place->folder(), m_after_first->folder()).empty();
  testing_detail::note_rerun({end.status, testing_detail::now() - began, end.timed_out,
                              same_contents(m_folder.file(output_file), m_folder.file(first_output_file)),
                              same_contents(m_folder.file(error_file), m_folder.file(first_error_file)), same_files},
                             b.replayed);
  return true;
}

std::string program_subject::replay_command(const sweep_finding& finding, const sweep_options&) const {
  return m_choice.replay_command ? m_choice.replay_command(finding) : "";
}

} // namespace mallocspy::tool
