// SPDX-License-Identifier: MIT
#include "driver/callgrind.hpp"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace mallocspy::bench {

namespace {

constexpr std::size_t short_loop = 5000;
constexpr std::size_t long_loop = 45000;

// A file that is gone at the end.
class temporary_file {
public:
  temporary_file()
      : m_path(std::filesystem::temp_directory_path() / ("mallocspy_bench." + std::to_string(getpid()) + ".callgrind")) {}
  ~temporary_file() {
    std::error_code ignored;
    std::filesystem::remove(m_path, ignored);
  }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;

  const std::filesystem::path& path() const noexcept {
    return m_path;
  }

private:
  std::filesystem::path m_path;
};

// returns: all instructions that callgrind collected
double collected(const std::filesystem::path& file) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    double count = 0;
    if (std::sscanf(line.c_str(), "totals: %lf", &count) == 1) {
      return count;
    }
  }
  throw std::runtime_error("callgrind wrote no totals");
}

double count_loop(const peers& workers, const subject_info& subject, const counted_operation& operation, const char* loop,
                  std::size_t length) {
  const temporary_file counts;
  std::vector<std::string> words = {"valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=" + counts.path().string()};
  if (operation.inside != nullptr) {
    words.push_back(std::string("--toggle-collect=") + operation.inside);
  }
  for (std::string& word :
       workers.command(subject, {"loop", loop, std::to_string(operation.size), std::to_string(length)})) {
    words.push_back(std::move(word));
  }
  const finished ended = run_program(words, workers.preloaded(subject));
  if (ended.status != 0) {
    throw std::runtime_error(std::string("callgrind on ") + subject.name + " " + operation.name + ": " +
                             last_line(ended.err));
  }
  return collected(counts.path());
}

double count_repeated(const peers& workers, const subject_info& subject, const counted_operation& operation,
                      const char* loop) {
  const double difference =
      count_loop(workers, subject, operation, loop, long_loop) - count_loop(workers, subject, operation, loop, short_loop);
  return difference / static_cast<double>(long_loop - short_loop);
}

} // namespace

const std::vector<counted_operation>& counted_operations() {
  static const std::vector<counted_operation> operations = {
      {"pair",
       32,
       {"mimalloc", "mallocspy", "revoked", "classic", "concurrent", "derived", "unhooked", "mi_heap", "heap",
        "heap_locked", "interposed", "mi_as_malloc", "glibc"},
       nullptr},
      {"pair", 100, {"mimalloc", "mallocspy", "interposed", "mi_as_malloc", "glibc"}, nullptr},
      {"pair",
       2000,
       {"mimalloc", "mallocspy", "mi_heap", "heap", "heap_locked", "interposed", "mi_as_malloc", "glibc"},
       nullptr},
      {"get_size", 32, {"mallocspy"}, "*::GetSize(void*)"},
      {"get_size", 100, {"mallocspy"}, "*::GetSize(void*)"},
      {"get_size", 2000, {"mallocspy"}, "*::GetSize(void*)"},
      {"did_alloc", 100, {"mallocspy"}, "*::DidAlloc(void*)"},
  };
  return operations;
}

std::string row_of(const counted_operation& operation) {
  return std::string(operation.name) + "_" + std::to_string(operation.size);
}

std::optional<std::string> callgrind_missing() {
  if (run_program({"valgrind", "--version"}).status != 0) {
    return "valgrind is not installed: no instructions are counted";
  }
  return std::nullopt;
}

double count_instructions(const peers& workers, const subject_info& subject, const counted_operation& operation) {
  double count = count_repeated(workers, subject, operation, operation.name);
  if (operation.inside == nullptr) {
    static const double loop_itself = count_repeated(workers, subject, operation, "nothing");
    count -= loop_itself;
  }
  if (count < 1) {
    throw std::runtime_error(std::string("callgrind saw no instructions of ") + row_of(operation) +
                             ": is the library built without symbols?");
  }
  return std::round(count * 10) / 10;
}

} // namespace mallocspy::bench
