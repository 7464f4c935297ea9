// SPDX-License-Identifier: MIT
// The functions of a subject that lacks an ability: a test case that gets here has not asked can().
#include "conformance/subject.hpp"

#include <stdexcept>
#include <string>

namespace conformance {

namespace {

[[noreturn]] void lacking(const char* what) {
  throw std::logic_error(std::string("the subject under test has no ") + what);
}

} // namespace

HRESULT subject::get_malloc(DWORD, IMalloc**) {
  lacking("get_malloc");
}
HRESULT subject::register_spy(IMallocSpy*) {
  lacking("register_spy");
}
HRESULT subject::revoke_spy() {
  lacking("revoke_spy");
}
std::size_t subject::misuses() {
  lacking("misuses");
}
std::size_t subject::live_blocks() {
  lacking("live_blocks");
}
void subject::limit_book_room(bool) {
  lacking("limit_book_room");
}

} // namespace conformance
