// SPDX-License-Identifier: MIT
// What the two doors to our task allocator have in common.
#pragma once

#include "conformance/subject.hpp"

namespace conformance {

class task_subject : public subject {
public:
  task_subject();

  bool can(ability a) const override;
  IMalloc* object() override;
  HRESULT get_malloc(DWORD context, IMalloc** out) override;
  HRESULT register_spy(IMallocSpy* spy) override;
  HRESULT revoke_spy() override;
  std::size_t misuses() override;
  std::size_t live_blocks() override;
  void limit_book_room(bool on) override;

protected:
  ~task_subject() = default;

private:
  IMalloc* m_object = nullptr; // from before any registration
};

} // namespace conformance
