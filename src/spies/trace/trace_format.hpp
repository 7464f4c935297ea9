// SPDX-License-Identifier: MIT
// The file that the spy trace writes. Numbers are in the byte order of the machine.
//
// It is a sequence of chunks, each written at once by one thread: a header, then records. All are multiples of 8 bytes. The
// lower three bits of a record's first word say what it is.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mallocspy::spies {

inline constexpr std::uint64_t chunk_mark = 0x314B4E4359505330U; // "0SPYCNK1"

struct chunk_header {
  std::uint64_t mark;
  std::uint32_t bytes; // of the records
  std::uint32_t process;
};

enum class record_kind : std::uint64_t {
  allocated,
  freed,
  moved_from,
  moved_to,
  failed,
  stack,  // a stack, before or after events that name it
  module, // a module in which addresses of stacks lie
};
inline constexpr unsigned kind_bits = 3;

struct event_record {
  std::uint64_t number_and_kind;
  std::uint64_t address;
  std::uint64_t size;
  std::uint32_t stack;
  std::uint32_t thread;
};

// Behind it: `count` addresses of 8 bytes.
struct stack_record {
  std::uint64_t count_and_kind;
  std::uint64_t stack;
};

// Behind it: the path, filled up with zeros to 8 bytes, with one at least.
struct module_record {
  std::uint64_t path_bytes_and_kind; // with the zeros
  std::uint64_t begin;
  std::uint64_t end;
  std::uint64_t bias;
};

constexpr std::uint64_t with_kind(std::uint64_t number, record_kind kind) noexcept {
  return number << kind_bits | static_cast<std::uint64_t>(kind);
}

} // namespace mallocspy::spies
