// SPDX-License-Identifier: MIT
// The buffers of the spy trace, and how they get to the file. All that belongs to one process lies in memory that the
// system empties in the child of a fork, however that is made: nothing is written twice, and the child starts anew. Runs
// inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/threads/per_thread.hpp"
#include "spies/trace/trace_format.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mallocspy/spies/trace.hpp>

namespace mallocspy {

struct trace::output {
  output(const char* path, const trace_options& options) noexcept;
  ~output();
  output(const output&) = delete;
  output& operator=(const output&) = delete;

  std::uint64_t take_number() const noexcept;

  // effects: writes the event, and before it its stack if that was not written yet
  void add(spies::record_kind kind, std::uint64_t number, const void* address, std::uint64_t size,
           std::uint32_t stack) noexcept;
  void flush() noexcept;

  static constexpr std::size_t buffer_size = 16384;
  static constexpr std::size_t most_modules = 1024;

  struct buffer : spies::thread_entry {
    std::atomic<std::uint32_t> filled; // bytes of records. Atomic for the eyes of tools only
    spies::chunk_header header;
    unsigned char records[buffer_size - 8 - sizeof(spies::chunk_header)];
  };

  // What belongs to this process.
  struct process {
    std::atomic<std::uint32_t> id;          // 0: nothing here yet
    std::atomic<int> file;                  // descriptor + 1; 0: none
    std::atomic<int> error;                 // of the file
    std::atomic<std::uint64_t> next_number; // minus 1
    std::atomic<std::uint64_t> dropped;
    std::atomic<std::uintptr_t> modules[most_modules]; // where those begin that were written
    std::atomic<std::uint64_t> stacks[1];              // bits of those that were written
  };

  const std::size_t depth;
  const char* path;
  std::uint32_t maker; // the process that made the spy
  bool wiped = false;  // in the child of a fork; if not, such a child writes nothing
  process* own;
  spies::per_thread<buffer> buffers{spies::entries_by::index};

private:
  bool is_new(std::atomic<std::uint64_t>* bits, std::uint64_t index) const noexcept;
  void add_stack(std::uint32_t stack) noexcept;
  void add_module(std::uintptr_t address) noexcept;
  void put(const void* first, std::size_t first_size, const void* second = nullptr, std::size_t second_size = 0) noexcept;
  void write_chunk(spies::chunk_header& header, std::size_t records) noexcept;
  int open_file() noexcept;
  void fail(int error, std::uint64_t records) const noexcept;
};

} // namespace mallocspy
