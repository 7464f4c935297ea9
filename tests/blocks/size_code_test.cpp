// SPDX-License-Identifier: MIT
#include "blocks/size_code.hpp"

#include "blocks/backing.hpp"

#include "support/catch.hpp"

#include <random>
#include <string>
#include <vector>

using namespace mallocspy::blocks;

namespace {

// A stretch of the map with room around a block, filled with what older blocks left there.
class stretch {
public:
  explicit stretch(std::uint8_t left_over = 0) {
    for (map_byte& byte : m_bytes) {
      byte.store(left_over, std::memory_order_relaxed);
    }
  }
  // returns: the byte of a block that starts `phase` granules behind an aligned word
  map_byte* first(std::size_t phase) {
    return &m_bytes[margin + phase];
  }
  void set(std::size_t phase, std::size_t granule, std::uint8_t value) {
    first(phase)[granule].store(value, std::memory_order_relaxed);
  }
  std::uint8_t get(std::size_t phase, std::ptrdiff_t granule) {
    return first(phase)[granule].load(std::memory_order_relaxed);
  }

  static constexpr std::size_t margin = 16;
  static constexpr std::size_t room = 48;

private:
  alignas(8) map_byte m_bytes[margin + 8 + room];
};

std::size_t granules_of(std::size_t size) {
  const std::size_t granules = size / 16 + (size % 16 != 0 ? 1 : 0);
  return granules == 0 ? 1 : granules;
}

// returns: what is wrong with writing and reading this size; empty if nothing is
std::string fault_of(std::size_t size, std::size_t phase, std::uint8_t left_over, marks m) {
  stretch map(left_over);
  const std::uint8_t code = write_size(map.first(phase), size, m);
  if ((code & (start_bit | mark_bit)) != start_bit) {
    return "the code spills over";
  }
  const std::size_t read = read_size(map.first(phase), static_cast<std::uint8_t>(start_bit | code));
  const std::size_t marked = read_size(map.first(phase), static_cast<std::uint8_t>(start_bit | mark_bit | code));
  if (read != size || marked != size) {
    return "read back as " + std::to_string(read) + ", marked as " + std::to_string(marked);
  }
  for (std::ptrdiff_t granule = -static_cast<std::ptrdiff_t>(stretch::margin); granule < 48; ++granule) {
    const std::uint8_t byte = map.get(phase, granule);
    const bool own = granule >= 0 && static_cast<std::size_t>(granule) < granules_of(size);
    if (!own && byte != left_over) {
      return "changed the byte " + std::to_string(granule) + " of another block";
    }
    if (own && (byte & start_bit) != 0) {
      return "says start before the block is published";
    }
  }
  return "";
}

std::vector<std::size_t> telling_sizes() {
  std::vector<std::size_t> sizes;
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::size_t power = std::size_t{1} << bit;
    for (const std::size_t size : {power - 1, power, power + 1, power + power / 3}) {
      sizes.push_back(size);
    }
  }
  for (const std::size_t border : {first_medium, first_large, first_giant}) {
    for (std::size_t distance = 0; distance <= 33; ++distance) {
      sizes.push_back(border - distance);
      sizes.push_back(border + distance);
    }
  }
  sizes.push_back(static_cast<std::size_t>(-2));
  return sizes;
}

} // namespace

TEST_CASE("the first byte of a short block tells its class, which holds it", "[blocks][size_code]") {
  for (std::size_t size = 0; size < first_large; ++size) {
    CAPTURE(size);
    const size_class of = class_of_short(size);
    REQUIRE(class_extents[of] >= size);
    REQUIRE((of == 1 || class_extents[of - 1U] < size));
    const auto first = static_cast<std::uint8_t>(code_of_short(size));
    REQUIRE(value_classes.at(first) == of);
    REQUIRE(class_of_block(first) == of);
    REQUIRE(value_classes.at(first | mark_bit) == no_block_class);
    REQUIRE(class_of_block(first | mark_bit) == of);
    REQUIRE(value_classes.at(first & 0x7F) == no_block_class);
  }
  for (const std::uint8_t code : {code_large, code_giant}) {
    REQUIRE(value_classes.at(start_bit | code) == long_class);
    REQUIRE(class_of_block(start_bit | mark_bit | code) == long_class);
  }
}

TEST_CASE("a class is what mimalloc would round its sizes up to", "[blocks][size_code]") {
  for (const std::size_t extent : class_extents) {
    if (extent != 0) {
      void* p = mi_malloc(extent);
      CHECK(mi_usable_size(p) == extent);
      mi_free(p);
    }
  }
}

TEST_CASE("every size up to 70,000 is read back", "[blocks][size_code]") {
  std::string fault;
  for (std::size_t size = 0; size <= 70000 && fault.empty(); ++size) {
    fault = fault_of(size, size % 8, 0, marks::none);
    if (!fault.empty()) {
      fault += " at size " + std::to_string(size);
    }
  }
  CHECK(fault == "");
}

TEST_CASE("sizes around powers of two and borders of codes, beyond a tebibyte, at every phase", "[blocks][size_code]") {
  std::string fault;
  for (const std::size_t size : telling_sizes()) {
    for (std::size_t phase = 0; phase < 8 && fault.empty(); ++phase) {
      for (const std::uint8_t left_over : std::initializer_list<std::uint8_t>{0x00, 0x20, 0x1F, 0x3F, 0x7F}) {
        for (const marks m : {marks::none, marks::keep}) {
          if (fault.empty()) {
            fault = fault_of(size, phase, left_over, m);
            if (!fault.empty()) {
              fault += " at size " + std::to_string(size) + " phase " + std::to_string(phase) + " over " +
                       std::to_string(left_over);
            }
          }
        }
      }
    }
  }
  CHECK(fault == "");
}

TEST_CASE("a million random sizes of every magnitude", "[blocks][size_code]") {
  std::mt19937_64 random(27);
  std::size_t wrong = 0;
  for (int i = 0; i < 1000000; ++i) {
    stretch map;
    const std::size_t size = random() >> (random() % 64);
    const std::size_t phase = random() % 8;
    const std::uint8_t code = write_size(map.first(phase), size, marks::none);
    wrong += read_size(map.first(phase), static_cast<std::uint8_t>(start_bit | code)) == size ? 0U : 1U;
  }
  CHECK(wrong == 0);
}

TEST_CASE("marks survive where they are kept and vanish where not", "[blocks][size_code]") {
  for (const std::size_t size : telling_sizes()) {
    CAPTURE(size);
    for (std::size_t phase = 0; phase < 8; ++phase) {
      stretch kept;
      stretch dropped;
      for (std::size_t granule = 1; granule < stretch::room; ++granule) {
        const auto mark = static_cast<std::uint8_t>(granule % 3 == 0 ? mark_bit : 0);
        kept.set(phase, granule, mark);
        dropped.set(phase, granule, mark);
      }
      const std::uint8_t code = write_size(kept.first(phase), size, marks::keep);
      write_size(dropped.first(phase), size, marks::none);
      bool all_kept = true;
      bool as_far_as_written_dropped = true;
      for (std::size_t granule = 1; granule < stretch::room; ++granule) {
        const bool marked = (kept.get(phase, static_cast<std::ptrdiff_t>(granule)) & mark_bit) != 0;
        all_kept = all_kept && marked == (granule % 3 == 0);
        const std::uint8_t byte = dropped.get(phase, static_cast<std::ptrdiff_t>(granule));
        as_far_as_written_dropped = as_far_as_written_dropped && ((byte & mark_bit) == 0 || (byte & payload_mask) == 0);
      }
      if (!all_kept || !as_far_as_written_dropped) {
        CAPTURE(phase);
        CHECK(all_kept);
        CHECK(as_far_as_written_dropped);
      }
      // Marks that are set and taken away later do not change the size.
      for (std::size_t granule = 1; granule < stretch::room; ++granule) {
        kept.first(phase)[granule].fetch_or(mark_bit | freed_bit, std::memory_order_relaxed);
      }
      if (read_size(kept.first(phase), static_cast<std::uint8_t>(start_bit | code)) != size) {
        CAPTURE(phase);
        CHECK(read_size(kept.first(phase), static_cast<std::uint8_t>(start_bit | code)) == size);
      }
    }
  }
}

TEST_CASE("no byte without the start bit has a size", "[blocks][size_code]") {
  stretch map(0x1F);
  for (unsigned value = 0; value < start_bit; ++value) {
    CAPTURE(value);
    CHECK(read_size(map.first(3), static_cast<std::uint8_t>(value)) == no_size);
  }
}

TEST_CASE("forty bits are spread over eight bytes and gathered again", "[blocks][size_code]") {
  for (unsigned bit = 0; bit < 40; ++bit) {
    CAPTURE(bit);
    const std::uint64_t one = std::uint64_t{1} << bit;
    CHECK(detail::spread(one) == std::uint64_t{1} << (bit / 5 * 8 + bit % 5));
    CHECK(detail::gather(detail::spread(one)) == one);
  }
  constexpr std::uint64_t all = (std::uint64_t{1} << 40) - 1;
  CHECK(detail::spread(all) == 0x1F1F1F1F1F1F1F1FU);
  CHECK(detail::gather(0xFFFFFFFFFFFFFFFFU) == all);
  CHECK(detail::gather(0xE0E0E0E0E0E0E0E0U) == 0);
}
