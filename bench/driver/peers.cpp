// SPDX-License-Identifier: MIT
#include "driver/peers.hpp"

#include <filesystem>
#include <stdexcept>
#include <unistd.h>

namespace mallocspy::bench {

namespace {

// The dynamic linker's words for a library that is not there. Whatever else goes wrong with a library is an error.
bool is_not_installed(const finished& verified) {
  return verified.err.find("cannot be preloaded (cannot open shared object file)") != std::string::npos;
}

std::runtime_error failure(const subject_info& subject, const finished& ended) {
  const std::string line = last_line(ended.err);
  return std::runtime_error(std::string(subject.name) + ": the worker ended with status " + std::to_string(ended.status) +
                            (line.empty() ? "" : ": " + line));
}

} // namespace

peers::peers() : m_folder(std::filesystem::read_symlink("/proc/self/exe").parent_path()) {
  for (const char* worker : {mallocspy_worker, malloc_worker}) {
    if (access((m_folder + "/" + worker).c_str(), X_OK) != 0) {
      throw std::runtime_error(m_folder + "/" + worker + " is missing: build the target mallocspy_bench");
    }
  }
  for (const subject_info& subject : subject_table) {
    find(subject);
  }
}

void peers::find(const subject_info& subject) {
  if (subject.worker == interposed_worker && access((m_folder + "/" + subject.worker).c_str(), X_OK) != 0) {
    m_absent[subject.name] = "not built on this system";
    return;
  }
  bool needs_one = false;
  for (const char* library : subject.preloaded) {
    if (library == nullptr && needs_one) {
      break;
    }
    needs_one = library != nullptr;
    const std::string preload = needs_one ? library : "";
    const finished verified = run_program(command(subject, {"verify"}), preload);
    if (needs_one && is_not_installed(verified)) {
      continue;
    }
    if (verified.status != 0) {
      throw failure(subject, verified);
    }
    m_present.push_back(&subject);
    m_preloaded[subject.name] = preload;
    return;
  }
  m_absent[subject.name] = std::string("not installed (") + subject.preloaded[0] + ")";
}

std::string peers::preloaded(const subject_info& subject) const {
  const auto found = m_preloaded.find(subject.name);
  return found == m_preloaded.end() ? "" : found->second;
}

std::vector<std::string> peers::command(const subject_info& subject, const std::vector<std::string>& job) const {
  std::vector<std::string> words = {m_folder + "/" + subject.worker, subject.name};
  words.insert(words.end(), job.begin(), job.end());
  return words;
}

std::string peers::run(const subject_info& subject, const std::vector<std::string>& job) const {
  finished ended = run_program(command(subject, job), preloaded(subject));
  if (ended.status != 0) {
    throw failure(subject, ended);
  }
  return std::move(ended.out);
}

} // namespace mallocspy::bench
