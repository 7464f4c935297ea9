// SPDX-License-Identifier: MIT
#include "spies/stacks/unwind_step.hpp"

#include "spies/stacks/dwarf_reader.hpp"
#include "support/catch.hpp"

using namespace mallocspy::spies;

TEST_CASE("a step survives its packing", "[spies][unwind_step]") {
  for (const frame_address cfa : {frame_address::unknown, frame_address::end, frame_address::interrupted_state}) {
    for (const std::int32_t offset : {0, 8, -8, 119, (1 << 27) - 1, -(1 << 27)}) {
      unwind_step step;
      step.cfa = cfa;
      step.pointer = frame_pointer::from_frame;
      step.cfa_offset = offset;
      step.pointer_offset = -offset - 1;
      const unwind_step back = unwind_step::unpacked(step.packed());
      CHECK(back.cfa == cfa);
      CHECK(back.pointer == frame_pointer::from_frame);
      CHECK(back.cfa_offset == offset);
      CHECK(back.pointer_offset == -offset - 1);
      CHECK(unwind_step::fits(offset));
    }
  }
  CHECK_FALSE(unwind_step::fits(1 << 27));
  CHECK(unwind_step{}.packed() != 0);
}

TEST_CASE("a step is plain if all that it reads lies in whole words between the stack pointer and the cfa",
          "[spies][unwind_step]") {
  const auto plain = [](frame_address cfa, std::int32_t cfa_offset, frame_pointer pointer, std::int32_t pointer_offset) {
    unwind_step step;
    step.cfa = cfa;
    step.pointer = pointer;
    step.cfa_offset = cfa_offset;
    step.pointer_offset = pointer_offset;
    return (step.packed() & (unwind_step::plain_stack | unwind_step::plain_frame)) != 0;
  };
  CHECK(plain(frame_address::from_stack, 8, frame_pointer::same, 0));
  CHECK(plain(frame_address::from_stack, 32, frame_pointer::from_cfa, -32));
  CHECK(plain(frame_address::from_frame, 16, frame_pointer::from_cfa, -16));
  CHECK_FALSE(plain(frame_address::from_stack, 0, frame_pointer::same, 0));
  CHECK_FALSE(plain(frame_address::from_stack, -8, frame_pointer::same, 0));
  CHECK_FALSE(plain(frame_address::from_stack, 12, frame_pointer::same, 0));
  CHECK_FALSE(plain(frame_address::from_stack, 32, frame_pointer::from_cfa, -40));
  CHECK_FALSE(plain(frame_address::from_stack, 32, frame_pointer::from_cfa, 0));
  CHECK_FALSE(plain(frame_address::from_stack, 32, frame_pointer::from_cfa, -12));
  CHECK_FALSE(plain(frame_address::from_stack, 32, frame_pointer::from_frame, -16));
  CHECK_FALSE(plain(frame_address::from_frame, 16, frame_pointer::same, -16));
  CHECK_FALSE(plain(frame_address::from_frame, 16, frame_pointer::from_cfa, 16));
  CHECK_FALSE(plain(frame_address::unknown, 16, frame_pointer::from_cfa, -16));
}

TEST_CASE("numbers of the unwind tables", "[spies][dwarf_reader]") {
  const std::uint8_t bytes[] = {0x7F, 0x80, 0x01, 0xE5, 0x8E, 0x26, 0x7F, 0x80, 0x7F, 0x34, 0x12};
  dwarf_reader reader(bytes, bytes + sizeof bytes);
  CHECK(reader.uleb() == 127);
  CHECK(reader.uleb() == 128);
  CHECK(reader.uleb() == 624485);
  CHECK(reader.sleb() == -1);
  CHECK(reader.sleb() == -128);
  CHECK(reader.fixed<std::uint16_t>() == 0x1234);
  CHECK(reader.ok());
  CHECK(reader.at_end());
  CHECK(reader.byte() == 0);
  CHECK_FALSE(reader.ok());
}

TEST_CASE("a number that never ends is none", "[spies][dwarf_reader]") {
  const std::uint8_t bytes[] = {0xFF, 0xFF, 0xFF};
  dwarf_reader reader(bytes, bytes + sizeof bytes);
  reader.uleb();
  CHECK_FALSE(reader.ok());
}
