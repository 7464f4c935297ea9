// SPDX-License-Identifier: MIT
// Who answers current_request(): whoever calls the spies. The layers of the spies know that there is such a host, not
// which. Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include <mallocspy/blocks/request_info.hpp>

namespace mallocspy::blocks {

// What a thread that serves no request is told.
inline constexpr request_info no_request{2 * sizeof(void*), false, entry_point::none};

// returns: the request that the calling thread serves; no_request if none
using request_source = request_info (*)() noexcept;

// effects: from now on current_request() asks there. threads: any
void answer_requests_from(request_source source) noexcept;

} // namespace mallocspy::blocks
