// SPDX-License-Identifier: MIT
#include "testing/report/stack_names.hpp"

#include "spies/stacks/stack_text.hpp"

#include <utility>

namespace mallocspy::testing_detail {

stack_names::known_stack& stack_names::know(std::uint32_t stack) {
  const auto found = m_known.find(stack);
  if (found != m_known.end()) {
    return found->second;
  }
  known_stack& known = m_known[stack];
  if (stack != 0 && stack < board::most_stacks) {
    const stack_record& record = m_board.stack[stack];
    bool inside = false; // past the frames of this library at the inner end
    for (std::uint32_t i = 0; i < record.frames && i < stack_record::most_frames; ++i) {
      const stack_frame& f = record.frame[i];
      place p{f.module == 0 ? "" : m_board.module[f.module].path, f.offset, {}};
      p.name = name_of(p.module, p.offset);
      if (is_the_sweep(p.name.function)) {
        break;
      }
      inside = inside || p.name.function.empty() || !spies::is_own_function(p.name.function.c_str());
      if (inside) {
        known.places.push_back(std::move(p));
      }
    }
  }
  std::vector<named_frame> identity;
  for (const place& p : known.places) {
    identity.push_back({p.module, p.name.function, p.offset});
    known.frames.push_back({p.name.readable, p.module});
  }
  known.id = stack_identity(identity);
  return known;
}

const std::string& stack_names::id_of(std::uint32_t stack) {
  return know(stack).id;
}

const named_stack& stack_names::of(std::uint32_t stack) {
  known_stack& known = know(stack);
  if (!known.named) {
    known.named = true;
    known.names.frames = known.frames;
    for (const place& p : known.places) {
      for (std::string& line : lines_of(p.module, p.offset, p.name)) {
        known.names.lines.push_back(std::move(line));
      }
    }
  }
  return known.names;
}

} // namespace mallocspy::testing_detail
