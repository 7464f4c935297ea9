// SPDX-License-Identifier: MIT
// Where the workers are, and which library each peer needs preloaded.
#pragma once

#include "driver/subprocess.hpp"
#include "subjects/names.hpp"

#include <map>
#include <string>
#include <vector>

namespace mallocspy::bench {

class peers {
public:
  // effects: looks for the workers beside this program, and makes each subject prove that it is what it says
  // errors: std::runtime_error if a worker is missing, or if a subject is installed and yet not in force
  peers();

  // returns: the subjects that can be measured
  const std::vector<const subject_info*>& present() const noexcept {
    return m_present;
  }
  // returns: the others by name, each with the reason
  const std::map<std::string, std::string>& absent() const noexcept {
    return m_absent;
  }

  // returns: the library that is preloaded for a subject; empty: none
  std::string preloaded(const subject_info& subject) const;

  // returns: the command that runs a job on a subject
  std::vector<std::string> command(const subject_info& subject, const std::vector<std::string>& job) const;

  // effects: runs it
  // returns: what the worker wrote to stdout
  // errors: std::runtime_error with the worker's own line if it fails
  std::string run(const subject_info& subject, const std::vector<std::string>& job) const;

private:
  void find(const subject_info& subject);

  std::string m_folder;
  std::vector<const subject_info*> m_present;
  std::map<std::string, std::string> m_absent;
  std::map<std::string, std::string> m_preloaded;
};

} // namespace mallocspy::bench
