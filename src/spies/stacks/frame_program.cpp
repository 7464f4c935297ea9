// SPDX-License-Identifier: MIT
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#include "spies/stacks/frame_program.hpp"

#include "spies/stacks/dwarf_reader.hpp"

namespace mallocspy::spies {

namespace {

constexpr std::uint64_t frame_register = 6; // rbp
constexpr std::uint64_t stack_register = 7; // rsp
constexpr std::uint64_t return_register = 16;

// DW_CFA_*: the upper two bits, or all eight where these are 0.
enum instruction : std::uint8_t {
  advance_loc = 0x40,
  offset_short = 0x80,
  restore_short = 0xC0,

  nop = 0x00,
  set_loc,
  advance_loc1,
  advance_loc2,
  advance_loc4,
  offset_extended,
  restore_extended,
  undefined,
  same_value,
  register_,
  remember_state,
  restore_state,
  def_cfa,
  def_cfa_register,
  def_cfa_offset,
  def_cfa_expression,
  expression,
  offset_extended_sf,
  def_cfa_sf,
  def_cfa_offset_sf,
  val_offset,
  val_offset_sf,
  val_expression,
  gnu_args_size = 0x2E,
};

// DW_OP_*
constexpr std::uint8_t op_frame_plus = 0x76; // breg6: frame pointer + offset
constexpr std::uint8_t op_deref = 0x06;
constexpr std::uint8_t op_stack_plus = 0x77; // breg7: stack pointer + offset
constexpr std::uint8_t op_code_plus = 0x80;  // breg16: the code's address + offset
constexpr std::uint8_t op_and = 0x1A;
constexpr std::uint8_t op_plus = 0x22;
constexpr std::uint8_t op_shl = 0x24;
constexpr std::uint8_t op_ge = 0x2A;
constexpr std::uint8_t op_number = 0x30; // lit0 and up to lit31

class program {
public:
  program(const frame_description& d, std::uintptr_t address) noexcept : m_description(d), m_address(address) {}

  frame_rules run() noexcept {
    m_place = 0; // the common part holds from the start
    const bool understood = run(m_description.common);
    m_initial = m_rules;
    m_place = m_description.function;
    if (!understood || !run(m_description.own)) {
      m_rules.cfa = frame_rules::cfa_kind::other;
    }
    return m_rules;
  }

private:
  // returns: false if there was something that is not understood
  bool run(byte_range instructions) noexcept {
    dwarf_reader reader(instructions.begin, instructions.end);
    while (!reader.at_end() && m_place <= m_address) {
      if (!execute(reader.byte(), reader) || !reader.ok()) {
        return false;
      }
    }
    return true;
  }

  bool execute(std::uint8_t code, dwarf_reader& reader) noexcept {
    const std::uint64_t low = code & 0x3FU;
    switch (code & 0xC0U) {
    case advance_loc:
      return advance(low);
    case offset_short:
      return saved_at(low, scaled(reader.uleb()));
    case restore_short:
      return restore(low);
    default:
      return execute_long(code, reader);
    }
  }

  bool execute_long(std::uint8_t code, dwarf_reader& reader) noexcept {
    switch (code) {
    case nop:
      return true;
    case set_loc:
      m_place = reader.pointer(m_description.pointer_encoding);
      return true;
    case advance_loc1:
      return advance(reader.byte());
    case advance_loc2:
      return advance(reader.fixed<std::uint16_t>());
    case advance_loc4:
      return advance(reader.fixed<std::uint32_t>());
    case remember_state:
      return push();
    case restore_state:
      return pop();
    case gnu_args_size:
      reader.uleb();
      return true;
    default:
      return code >= def_cfa && code <= def_cfa_expression ? execute_cfa(code, reader) : execute_register(code, reader);
    }
  }

  bool execute_cfa(std::uint8_t code, dwarf_reader& reader) noexcept {
    switch (code) {
    case def_cfa: {
      const std::uint64_t base = reader.uleb();
      m_rules.cfa_offset = static_cast<std::int64_t>(reader.uleb());
      return cfa_from(base);
    }
    case def_cfa_register:
      return cfa_from(reader.uleb());
    case def_cfa_offset:
      m_rules.cfa_offset = static_cast<std::int64_t>(reader.uleb());
      return true;
    default:
      cfa_by(next_expression(reader));
      return true;
    }
  }

  // What gcc writes for functions that align their stack, and what linkers write for linkage tables.
  void cfa_by(dwarf_reader expression) noexcept {
    m_rules.cfa = frame_expression(expression, true, m_rules.cfa_offset) ? frame_rules::cfa_kind::through_frame
                  : linkage_expression(expression, m_rules.cfa_offset)   ? frame_rules::cfa_kind::stack
                                                                         : frame_rules::cfa_kind::other;
  }

  bool execute_register(std::uint8_t code, dwarf_reader& reader) noexcept {
    if (code == def_cfa_offset_sf) {
      m_rules.cfa_offset = scaled(static_cast<std::uint64_t>(reader.sleb()));
      return true;
    }
    const std::uint64_t which = reader.uleb();
    switch (code) {
    case offset_extended:
      return saved_at(which, scaled(reader.uleb()));
    case offset_extended_sf:
      return saved_at(which, scaled(static_cast<std::uint64_t>(reader.sleb())));
    case def_cfa_sf:
      m_rules.cfa_offset = scaled(static_cast<std::uint64_t>(reader.sleb()));
      return cfa_from(which);
    case restore_extended:
      return restore(which);
    case undefined:
      if (which == return_register) {
        m_rules.has_caller = false;
      }
      return lost(which);
    case same_value:
      if (which == frame_register) {
        m_rules.pointer = frame_rules::pointer_kind::same;
      }
      return true;
    case register_:
    case val_offset:
    case val_offset_sf:
      reader.uleb();
      return lost(which);
    case expression:
    case val_expression: {
      std::int64_t offset = 0;
      const bool simple = frame_expression(next_expression(reader), false, offset) && code == expression;
      if (which != frame_register || !simple) {
        return lost(which);
      }
      m_rules.pointer = frame_rules::pointer_kind::at_frame;
      m_rules.pointer_offset = offset;
      return true;
    }
    default:
      return false;
    }
  }

  // effects: skips the expression. returns: a reader of it; of nothing if it goes beyond the end
  static dwarf_reader next_expression(dwarf_reader& reader) noexcept {
    const std::uint64_t length = reader.uleb();
    const std::uint8_t* begin = reader.position();
    reader.skip(length);
    return {begin, reader.ok() ? reader.position() : begin};
  }

  // returns: whether the expression is "frame pointer + offset", and the word there if `deref`
  static bool frame_expression(dwarf_reader inside, bool deref, std::int64_t& offset) noexcept {
    const bool starts = inside.byte() == op_frame_plus;
    const std::int64_t found = inside.sleb();
    const bool matches = starts && (!deref || inside.byte() == op_deref) && inside.ok() && inside.at_end();
    offset = matches ? found : offset;
    return matches;
  }

  // An entry of a linkage table pushes a word on its way; a signal may come before that or after it.
  // returns: whether the expression is "stack pointer + offset, and 8 more if (address & mask) >= limit"
  bool linkage_expression(dwarf_reader inside, std::int64_t& offset) const noexcept {
    const bool starts = inside.byte() == op_stack_plus;
    const std::int64_t found = inside.sleb();
    const bool by_address = inside.byte() == op_code_plus && inside.sleb() == 0;
    const unsigned mask = inside.byte() - op_number;
    const bool masked = inside.byte() == op_and;
    const unsigned limit = inside.byte() - op_number;
    const bool compared = inside.byte() == op_ge;
    const bool times_eight = inside.byte() == op_number + 3 && inside.byte() == op_shl && inside.byte() == op_plus;
    if (!starts || !by_address || !masked || !compared || !times_eight || mask > 31 || limit > 31 || !inside.ok() ||
        !inside.at_end()) {
      return false;
    }
    offset = found + ((m_address & mask) >= limit ? 8 : 0);
    return true;
  }

  bool advance(std::uint64_t delta) noexcept {
    m_place += delta * m_description.code_alignment;
    return true;
  }
  std::int64_t scaled(std::uint64_t factor) const noexcept {
    return static_cast<std::int64_t>(factor) * m_description.data_alignment;
  }
  bool cfa_from(std::uint64_t base) noexcept {
    m_rules.cfa = base == stack_register   ? frame_rules::cfa_kind::stack
                  : base == frame_register ? frame_rules::cfa_kind::frame
                                           : frame_rules::cfa_kind::other;
    return true;
  }
  bool saved_at(std::uint64_t which, std::int64_t offset) noexcept {
    if (which == frame_register) {
      m_rules.pointer = frame_rules::pointer_kind::at_cfa;
      m_rules.pointer_offset = offset;
    }
    return which != return_register || offset == -8; // nothing else is ever written
  }
  bool lost(std::uint64_t which) noexcept {
    if (which == frame_register) {
      m_rules.pointer = frame_rules::pointer_kind::other;
    }
    return true;
  }
  bool restore(std::uint64_t which) noexcept {
    if (which == frame_register) {
      m_rules.pointer = m_initial.pointer;
      m_rules.pointer_offset = m_initial.pointer_offset;
    }
    return true;
  }
  bool push() noexcept {
    if (m_depth == max_depth) {
      return false;
    }
    m_remembered[m_depth++] = m_rules;
    return true;
  }
  bool pop() noexcept {
    if (m_depth == 0) {
      return false;
    }
    m_rules = m_remembered[--m_depth];
    return true;
  }

  static constexpr std::size_t max_depth = 16;

  const frame_description& m_description;
  std::uintptr_t m_address;
  std::uintptr_t m_place = 0;
  frame_rules m_rules;
  frame_rules m_initial;
  frame_rules m_remembered[max_depth];
  std::size_t m_depth = 0;
};

} // namespace

frame_rules run_program(const frame_description& description, std::uintptr_t address) noexcept {
  return program(description, address).run();
}

unwind_step learn_step(std::uintptr_t return_address) noexcept {
  unwind_step step;
  // The call is before the return address, which may be the first of another function. The kernel's return address for a
  // signal handler is no call's.
  frame_description d = find_description(return_address - 1);
  if (d.function == 0 || d.is_signal_return) {
    d = find_description(return_address);
    if (d.function != 0 && d.is_signal_return) {
      step.cfa = frame_address::interrupted_state;
      return step;
    }
  }
  if (d.function == 0) {
    return step;
  }
  const frame_rules rules = run_program(d, return_address - 1);
  if (!rules.has_caller) {
    step.cfa = frame_address::end;
    return step;
  }
  if (!unwind_step::fits(rules.cfa_offset) || !unwind_step::fits(rules.pointer_offset)) {
    return step;
  }
  switch (rules.cfa) {
  case frame_rules::cfa_kind::stack:
    step.cfa = frame_address::from_stack;
    break;
  case frame_rules::cfa_kind::frame:
    step.cfa = frame_address::from_frame;
    break;
  case frame_rules::cfa_kind::through_frame:
    step.cfa = frame_address::through_frame;
    break;
  case frame_rules::cfa_kind::other:
    return step;
  }
  step.cfa_offset = static_cast<std::int32_t>(rules.cfa_offset);
  switch (rules.pointer) {
  case frame_rules::pointer_kind::at_cfa:
    step.pointer = frame_pointer::from_cfa;
    break;
  case frame_rules::pointer_kind::at_frame:
    step.pointer = frame_pointer::from_frame;
    break;
  case frame_rules::pointer_kind::same:
  case frame_rules::pointer_kind::other:
    break;
  }
  step.pointer_offset = static_cast<std::int32_t>(rules.pointer_offset);
  return step;
}

} // namespace mallocspy::spies
