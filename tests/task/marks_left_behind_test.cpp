// SPDX-License-Identifier: MIT
// A spy that frees a raw block behind its client's back: the client pointer is still in the set, and whatever is made of
// the block's memory afterwards must not take it out.
#include "concurrent_spy.hpp"
#include "support/catch.hpp"

#include <mallocspy/mallocspy.hpp>

using namespace mallocspy;

namespace {

// Puts a header of 16 bytes in front of blocks while it is told to, and frees what it is given, but for one pointer.
template <class Base> class careless_spy : public Base {
public:
  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    return cbRequest + header;
  }
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    return static_cast<char*>(pActual) + header;
  }
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override {
    spied = fSpyed;
    return pRequest == kept ? nullptr : pRequest;
  }
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL) override {
    *ppNewRequest = resized == nullptr ? pRequest : resized;
    return cbRequest;
  }
  void* STDMETHODCALLTYPE PreDidAlloc(void* pRequest, BOOL fSpyed) override {
    spied = fSpyed;
    return pRequest;
  }

  SIZE_T header = 0;
  void* kept = nullptr;
  void* resized = nullptr;
  BOOL spied = FALSE;
};

template <class Spy> BOOL in_set(Spy& spy, void* client) {
  IMalloc* allocator = nullptr;
  CoGetMalloc(MEMCTX_TASK, &allocator);
  allocator->DidAlloc(client);
  return spy.spied;
}

// returns: the client pointer behind a header; the raw block is 16 bytes before it
template <class Spy> char* behind_header(Spy& spy, SIZE_T size) {
  spy.header = 16;
  auto* client = static_cast<char*>(CoTaskMemAlloc(size));
  spy.header = 0;
  return client;
}

template <class Base> void free_and_use_again() {
  for (const SIZE_T size : {33U, 100U, 331U}) {
    CAPTURE(size);
    static careless_spy<Base> spy; // stays registered if this test fails
    spy.kept = nullptr;
    REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
    CoTaskMemFree(CoTaskMemAlloc(0)); // a concurrent spy's first calls go another way
    CoTaskMemFree(CoTaskMemAlloc(0));
    char* client = behind_header(spy, size);
    CoTaskMemFree(client - 16);
    CHECK(spy.spied == FALSE);
    CHECK(in_set(spy, client) == TRUE);
    void* again = CoTaskMemAlloc(size + 16);
    REQUIRE(again == client - 16); // the same memory, with a size that the map continues where the client pointer lies
    CHECK(in_set(spy, client) == TRUE);
    CoTaskMemFree(again);
    CHECK(spy.spied == TRUE);
    CHECK(in_set(spy, client) == TRUE);
    CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
    spy.kept = client;
    CoTaskMemFree(client);
    CHECK(spy.spied == TRUE);
    CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
  }
}

template <class Base> void resize_another_block() {
  static careless_spy<Base> spy;
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  char* client = behind_header(spy, 100);
  void* other = CoTaskMemAlloc(57);
  // The spy has the block of `client` resized for the one who owns `other`; it moves.
  spy.resized = client - 16;
  void* moved = CoTaskMemRealloc(other, 5003);
  REQUIRE(moved != nullptr);
  CHECK(in_set(spy, other) == FALSE);
  CHECK(in_set(spy, client) == TRUE);
  void* again = CoTaskMemAlloc(116);
  REQUIRE(again == client - 16);
  CHECK(in_set(spy, client) == TRUE);
  CoTaskMemFree(again);
  CoTaskMemFree(moved);
  CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
  spy.kept = client;
  CoTaskMemFree(client);
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
  CoTaskMemFree(other); // its raw block is nobody's
}

} // namespace

TEST_CASE("a client pointer whose raw block was freed and used again is still in the set: classic") {
  free_and_use_again<test::pass_through_spy>();
}

TEST_CASE("a client pointer whose raw block was freed and used again is still in the set: concurrent") {
  free_and_use_again<test::concurrent_spy>();
}

TEST_CASE("a client pointer whose raw block was resized for another is still in the set: classic") {
  resize_another_block<test::pass_through_spy>();
}

TEST_CASE("a client pointer whose raw block was resized for another is still in the set: concurrent") {
  resize_another_block<test::concurrent_spy>();
}
