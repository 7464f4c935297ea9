// SPDX-License-Identifier: MIT
// Decision 26 and Wine's defect 9: where there is no room to remember a client pointer the request fails as if the heap had
// no memory. No block is silently unspied, and none is lost.
#include "conformance/scenario.hpp"
#include "support/pattern.hpp"

#include <vector>

using namespace conformance;

namespace {

// Switches the limit off however the test case ends.
class limited_book_room {
public:
  explicit limited_book_room(subject& s) : m_subject(s) {
    s.limit_book_room(true);
  }
  limited_book_room(const limited_book_room&) = delete;
  limited_book_room& operator=(const limited_book_room&) = delete;
  ~limited_book_room() {
    m_subject.limit_book_room(false);
  }

private:
  subject& m_subject;
};

} // namespace

TEST_CASE("book room: a request that cannot be remembered fails as for lack of memory") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies) || lacks(s, ability::limits_book_room)) {
    return;
  }
  void* a = s.Alloc(10);
  support::fill(a, 10, 1);
  // A header of 8 bytes: no two implementations find a place for such pointers that costs nothing.
  const registered_spy spy(s, 8);
  void* q = s.Alloc(53);
  support::fill(q, 53, 2);
  std::vector<void*> blocks;
  {
    const limited_book_room limit(s);
    for (void* p = s.Alloc(7); p != nullptr; p = s.Alloc(7)) {
      blocks.push_back(p);
      REQUIRE(blocks.size() < 100000);
    }
    const std::size_t live = s.can(ability::counts_blocks) ? s.live_blocks() : 0;
    spy->name("q", q, 53);
    spy->name("a", a, 10);
    spy->script.pre_realloc = [](void* pv, SIZE_T cb, void** np, BOOL spyed) {
      *np = spyed != FALSE ? static_cast<char*>(pv) - 8 : pv;
      return cb + 8;
    };
    spy->take();
    CHECK(s.Alloc(27) == nullptr);
    CHECK(s.Realloc(nullptr, 27) == nullptr);
    CHECK(spy->take() == calls{
                             "PreAlloc(27)->35",
                             "PostAlloc(NULL)->NULL",
                             "PreAlloc(27)->35",
                             "PostAlloc(NULL)->NULL",
                         });
    CHECK(s.Realloc(q, 1190) == nullptr);
    CHECK(s.Realloc(q, 52) == nullptr);
    CHECK(s.Realloc(a, 1190) == nullptr);
    CHECK(spy->take().lines == std::vector<std::string>{
                                   "PreRealloc(q,1190,&np,T)->1198, np=" + spy->name_of(static_cast<char*>(q) - 8),
                                   "PostRealloc(NULL,T)->NULL",
                                   "PreRealloc(q,52,&np,T)->60, np=" + spy->name_of(static_cast<char*>(q) - 8),
                                   "PostRealloc(NULL,T)->NULL",
                                   "PreRealloc(a,1190,&np,F)->1198, np=a",
                                   "PostRealloc(NULL,F)->NULL",
                               });
    if (s.can(ability::counts_blocks)) {
      CHECK(s.live_blocks() == live);
    }
  }
  CHECK(s.GetSize(q) == 53);
  CHECK(support::holds(q, 53, 2));
  CHECK(s.GetSize(a) == 10);
  CHECK(support::holds(a, 10, 1));
  s.Free(a);
  s.Free(q);
  for (void* p : blocks) {
    CHECK(s.revoke_spy() == E_ACCESSDENIED); // each was remembered
    s.Free(p);
  }
  if (blocks.empty()) {
    CHECK(s.revoke_spy() == S_OK);
  }
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
}

// Room that is set aside for a call must not be taken by the calls that its hooks make.
TEST_CASE("book room: nested requests that cannot be remembered") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies) || lacks(s, ability::limits_book_room)) {
    return;
  }
  const std::size_t singles = GENERATE(std::size_t{0}, std::size_t{1}); // so that the last room meets either call
  CAPTURE(singles);
  const registered_spy spy(s, 8);
  std::vector<void*> blocks;
  const auto keep = [&blocks](void* p) {
    if (p != nullptr) {
      blocks.push_back(p);
    }
    return p != nullptr;
  };
  for (std::size_t i = 0; i < singles; ++i) {
    keep(s.Alloc(53));
  }
  {
    const limited_book_room limit(s);
    bool nested = false;
    bool enough = true;
    spy->script.post_alloc = [&](void* raw) -> void* {
      if (!nested) {
        nested = true;
        enough = keep(s.Alloc(7)) && enough;
        nested = false;
      }
      return raw == nullptr ? nullptr : static_cast<char*>(raw) + 8;
    };
    while (enough) {
      enough = keep(s.Alloc(53)) && enough;
      REQUIRE(blocks.size() < 100000);
    }
    spy->script = {};
  }
  std::size_t unspied = 0;
  for (void* p : blocks) {
    spy->take();
    s.Free(p);
    if (spy->take().lines.at(1) != "PostFree(T)") {
      ++unspied;
    }
  }
  CHECK(unspied == 0);
  CHECK(s.revoke_spy() == S_OK);
}
