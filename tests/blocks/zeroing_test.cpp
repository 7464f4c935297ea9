// SPDX-License-Identifier: MIT
#include "blocks/zeroing.hpp"

#include "blocks/build_kind.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using mallocspy::blocks::zero_by_pages;

namespace {

constexpr unsigned char dirt = 0xA7;

std::size_t page_size() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// Whole pages of its own, dirty from end to end.
class dirty_pages {
public:
  explicit dirty_pages(std::size_t pages) : m_size(pages * page_size()) {
    void* memory = ::mmap(nullptr, m_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    m_bytes = static_cast<unsigned char*>(memory);
    std::memset(m_bytes, dirt, m_size);
  }
  dirty_pages(const dirty_pages&) = delete;
  dirty_pages& operator=(const dirty_pages&) = delete;
  ~dirty_pages() {
    ::munmap(m_bytes, m_size);
  }
  unsigned char* bytes() const {
    return m_bytes;
  }

  // returns: whether [begin, end) is zero and all the rest is as dirty as before
  bool zero_exactly(std::size_t begin, std::size_t end) const {
    for (std::size_t i = 0; i < m_size; ++i) {
      if (m_bytes[i] != (i >= begin && i < end ? 0 : dirt)) {
        return false;
      }
    }
    return true;
  }

  std::size_t resident() const {
    std::vector<unsigned char> pages(m_size / page_size());
    REQUIRE(::mincore(m_bytes, m_size, pages.data()) == 0);
    std::size_t count = 0;
    for (const unsigned char page : pages) {
      count += page & 1U;
    }
    return count;
  }

private:
  std::size_t m_size;
  unsigned char* m_bytes = nullptr;
};

} // namespace

TEST_CASE("exactly the bytes asked for are zeroed, wherever they begin and end", "[blocks][zeroing]") {
  const std::size_t page = page_size();
  const std::size_t begins[] = {0, 1, 16, page - 1, page, page + 53};
  const std::size_t sizes[] = {0, 1, 27, page - 1, page, page + 1, 2 * page - 53, 2 * page, 3 * page + 119};
  for (const std::size_t begin : begins) {
    for (const std::size_t size : sizes) {
      CAPTURE(begin, size);
      const dirty_pages memory(6);
      errno = EDOM;
      zero_by_pages(memory.bytes() + begin, size);
      CHECK(errno == EDOM);
      CHECK(memory.zero_exactly(begin, begin + size));
    }
  }
}

#if defined(__linux__)

TEST_CASE("whole pages go back to the system", "[blocks][zeroing]") {
  const dirty_pages memory(300);
  CHECK(memory.resident() == 300);
  zero_by_pages(memory.bytes() + 53, 298 * page_size());
  CHECK(memory.resident() == 3); // the two at the ends, which keep dirty bytes, and the last one that was only begun
}

TEST_CASE("what the system does not take back is written, and errno is kept", "[blocks][zeroing]") {
  const dirty_pages memory(8);
  // Sanitizers make mlock do nothing.
  if (mallocspy::tests::sanitized || ::mlock(memory.bytes(), 8 * page_size()) != 0) {
    WARN("no memory may be locked here");
    return;
  }
  errno = EDOM;
  zero_by_pages(memory.bytes() + 27, 6 * page_size());
  CHECK(errno == EDOM);
  CHECK(memory.resident() == 8);
  CHECK(memory.zero_exactly(27, 27 + 6 * page_size()));
}

#endif
