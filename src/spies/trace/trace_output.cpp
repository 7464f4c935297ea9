// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/trace/trace_output.hpp"

#include "blocks/line.hpp"
#include "blocks/one_thread.hpp"
#include "blocks/table_memory.hpp"
#include "spies/memory/permanent_memory.hpp"
#include "spies/symbols/loaded_module.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mallocspy/spies/call_stack.hpp>
#include <sys/mman.h>
#include <unistd.h>

namespace mallocspy {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr std::size_t stack_bits = std::size_t{1} << 28; // as many as numbers of stacks

// returns: whether the child of a fork will find zeros there
bool wipe_on_fork([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t size) noexcept {
#if defined(MADV_WIPEONFORK)
  return ::madvise(memory, size, MADV_WIPEONFORK) == 0;
#else
  return false;
#endif
}

constexpr std::size_t process_size(std::size_t fixed) noexcept {
  return fixed + stack_bits / 8;
}

// returns: the path for a child's file
void name_child(const char* path, std::uint32_t process, char* name, std::size_t room) noexcept {
  char digits[12];
  std::size_t at = sizeof digits;
  digits[--at] = '\0';
  do {
    digits[--at] = static_cast<char>('0' + process % 10);
    process /= 10;
  } while (process != 0);
  const std::size_t length = ::strnlen(path, room - 16);
  std::copy(path, path + length, name);
  name[length] = '.';
  std::copy(digits + at, digits + sizeof digits, name + length + 1);
}

} // namespace

trace::output::output(const char* where, const trace_options& options) noexcept
    : depth(options.depth), path(spies::copy_permanently(where)), maker(static_cast<std::uint32_t>(::getpid())),
      own(static_cast<process*>(blocks::map_table(process_size(sizeof(process))))) {
  if (own == nullptr || path == nullptr) {
    return;
  }
  wiped = wipe_on_fork(own, process_size(sizeof(process)));
  buffers.with_memory([this](void* memory, std::size_t size) { wiped = wipe_on_fork(memory, size) && wiped; });
  own->id.store(maker, relaxed);
  open_file();
}

trace::output::~output() {
  if (own == nullptr) {
    return;
  }
  flush();
  const int file = own->file.load(relaxed);
  if (file != 0) {
    ::close(file - 1);
  }
  blocks::unmap_table(own, process_size(sizeof(process)));
}

int trace::output::open_file() noexcept {
  const auto self = static_cast<std::uint32_t>(::getpid());
  own->id.store(self, relaxed);
  char name[4096];
  const char* file_name = path;
  if (self != maker) {
    name_child(path, self, name, sizeof name);
    file_name = name;
  }
  const int kept = errno;
  const int descriptor = ::open(file_name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    fail(errno, 0);
    errno = kept;
    return -1;
  }
  errno = kept;
  int none = 0;
  if (!own->file.compare_exchange_strong(none, descriptor + 1, relaxed)) {
    ::close(descriptor); // another thread was faster, and both have the same file
    return none - 1;
  }
  return descriptor;
}

void trace::output::fail(int error, std::uint64_t records) const noexcept {
  own->dropped.fetch_add(records, relaxed);
  int none = 0;
  if (own->error.compare_exchange_strong(none, error == 0 ? EIO : error, relaxed)) {
    blocks::line()
        .text("trace: ")
        .text(path)
        .text(": ")
        .text(::strerror(error))
        .text(error == ENOSPC || records != 0 ? "; what was written stays, further events are dropped"
                                              : "; no events are written")
        .write();
  }
}

std::uint64_t trace::output::take_number() const noexcept {
  if (own == nullptr) {
    return 0;
  }
  if (blocks::process_has_one_thread()) {
    const std::uint64_t number = own->next_number.load(relaxed) + 1;
    own->next_number.store(number, relaxed);
    return number;
  }
  return own->next_number.fetch_add(1, relaxed) + 1;
}

namespace {

// returns: events among the records
std::uint64_t count_events(const unsigned char* records, std::size_t bytes) noexcept {
  std::uint64_t count = 0;
  for (std::size_t at = 0; at < bytes;) {
    std::uint64_t first = 0;
    std::memcpy(&first, records + at, sizeof first);
    const auto kind = static_cast<spies::record_kind>(first & ((1U << spies::kind_bits) - 1));
    const std::uint64_t number = first >> spies::kind_bits;
    switch (kind) {
    case spies::record_kind::stack:
      at += sizeof(spies::stack_record) + number * 8;
      break;
    case spies::record_kind::module:
      at += sizeof(spies::module_record) + number;
      break;
    default:
      at += sizeof(spies::event_record);
      ++count;
    }
  }
  return count;
}

} // namespace

void trace::output::write_chunk(spies::chunk_header& header, std::size_t records) noexcept {
  const auto* all = reinterpret_cast<const unsigned char*>(&header);
  const bool is_copy = !wiped && static_cast<std::uint32_t>(::getpid()) != maker;
  if (is_copy || own->error.load(relaxed) != 0) {
    own->dropped.fetch_add(count_events(all + sizeof header, records), relaxed);
    return;
  }
  const int opened = own->file.load(relaxed);
  const int descriptor = opened != 0 ? opened - 1 : open_file();
  header = {spies::chunk_mark, static_cast<std::uint32_t>(records), own->id.load(relaxed)};
  const int kept = errno;
  std::size_t done = 0;
  while (descriptor >= 0 && done < sizeof header + records) {
    const ssize_t n = ::write(descriptor, all + done, sizeof header + records - done);
    if (n < 0 && errno != EINTR) {
      break;
    }
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  if (done < sizeof header + records) {
    fail(errno, count_events(all + sizeof header, records));
  }
  errno = kept;
}

void trace::output::put(const void* first, std::size_t first_size, const void* second, std::size_t second_size) noexcept {
  const auto mine = buffers.mine();
  const std::size_t size = first_size + second_size;
  if (MALLOCSPY_UNLIKELY(mine.shared)) {
    // A thread without a buffer of its own: a chunk for each record.
    struct {
      spies::chunk_header header;
      unsigned char records[sizeof(spies::stack_record) + max_stack_depth * 8];
    } alone;
    if (size <= sizeof alone.records) {
      std::memcpy(alone.records, first, first_size);
      if (second_size != 0) {
        std::memcpy(alone.records + first_size, second, second_size);
      }
      write_chunk(alone.header, size);
    }
    return;
  }
  buffer& b = mine.entry;
  std::size_t filled = b.filled.load(relaxed);
  if (MALLOCSPY_UNLIKELY(filled + size > sizeof b.records)) {
    write_chunk(b.header, filled);
    filled = 0;
  }
  std::memcpy(b.records + filled, first, first_size);
  if (second_size != 0) {
    std::memcpy(b.records + filled + first_size, second, second_size);
  }
  b.filled.store(static_cast<std::uint32_t>(filled + size), relaxed);
}

bool trace::output::is_new(std::atomic<std::uint64_t>* bits, std::uint64_t index) const noexcept {
  std::atomic<std::uint64_t>& word = bits[index / 64];
  const std::uint64_t bit = std::uint64_t{1} << (index % 64);
  return MALLOCSPY_UNLIKELY((word.load(relaxed) & bit) == 0) && (word.fetch_or(bit, relaxed) & bit) == 0;
}

void trace::output::add_module(std::uintptr_t address) noexcept {
  const spies::loaded_module module = spies::find_module(address);
  if (module.end == 0) {
    return;
  }
  for (auto& place : own->modules) {
    std::uintptr_t present = place.load(relaxed);
    if (present == module.begin) {
      return;
    }
    if (present == 0 && place.compare_exchange_strong(present, module.begin, relaxed)) {
      // The loader has no name for the executable; this finds it.
      const code_location location = locate_code(reinterpret_cast<const void*>(address));
      const char* name = location.module == nullptr ? module.name : location.module;
      char padded[1024] = {};
      const std::size_t length = ::strnlen(name, sizeof padded - 8);
      std::copy(name, name + length, padded);
      const std::size_t bytes = (length + 8) / 8 * 8;
      const spies::module_record record{spies::with_kind(bytes, spies::record_kind::module), module.begin, module.end,
                                        module.bias};
      put(&record, sizeof record, padded, bytes);
      return;
    }
  }
}

void trace::output::add_stack(std::uint32_t stack) noexcept {
  const stored_stack addresses(stack);
  for (const void* address : addresses) {
    add_module(reinterpret_cast<std::uintptr_t>(address));
  }
  const spies::stack_record record{spies::with_kind(addresses.size(), spies::record_kind::stack), stack};
  put(&record, sizeof record, addresses.begin(), addresses.size() * sizeof(void*));
}

void trace::output::add(spies::record_kind kind, std::uint64_t number, const void* address, std::uint64_t size,
                        std::uint32_t stack) noexcept {
  if (MALLOCSPY_UNLIKELY(own == nullptr)) {
    return;
  }
  if (stack != 0 && is_new(own->stacks, stack % stack_bits)) {
    add_stack(stack);
  }
  spies::index_of_this_thread();
  const spies::event_record record{spies::with_kind(number, kind), reinterpret_cast<std::uintptr_t>(address), size, stack,
                                   spies::this_thread.serial};
  put(&record, sizeof record);
}

void trace::output::flush() noexcept {
  buffers.for_each([this](buffer& b, bool) {
    const std::size_t filled = b.filled.load(relaxed);
    if (filled != 0) {
      write_chunk(b.header, filled);
      b.filled.store(0, relaxed);
    }
  });
}

} // namespace mallocspy
