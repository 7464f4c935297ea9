// SPDX-License-Identifier: MIT
// What spies may do beyond the conformance scenarios: odd offsets, blocks kept, memory for the bookkeeping gone,
// exceptions.
#include "blocks/table_memory.hpp"
#include "support/catch.hpp"
#include "support/pass_through_spy.hpp"

#include <cstdint>
#include <cstring>
#include <mallocspy/mallocspy.hpp>
#include <stdexcept>
#include <vector>

using namespace mallocspy;

namespace {

// Moves every client pointer by a distance that may be odd, zero, or beyond the block.
class moving_spy : public test::pass_through_spy {
public:
  moving_spy(std::size_t distance, std::size_t room) : m_distance(distance), m_room(room) {}

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    return cbRequest + m_room;
  }
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    last_raw = pActual;
    return moved(pActual);
  }
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override {
    frees_spied += fSpyed;
    ++frees;
    return raw(pRequest, fSpyed);
  }
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override {
    *ppNewRequest = raw(pRequest, fSpyed);
    return cbRequest + m_room;
  }
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL) override {
    return moved(pActual);
  }
  void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL fSpyed) override {
    return raw(pRequest, fSpyed);
  }
  SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T cbActual, BOOL fSpyed) override {
    return fSpyed == TRUE ? cbActual - m_room : cbActual;
  }

  int frees = 0;
  int frees_spied = 0;
  void* last_raw = nullptr;

private:
  void* moved(void* raw) const {
    return raw == nullptr ? nullptr : reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(raw) + m_distance);
  }
  void* raw(void* client, BOOL spied) const {
    return spied == TRUE ? reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(client) - m_distance) : client;
  }

  std::size_t m_distance;
  std::size_t m_room;
};

IMalloc& allocator() {
  IMalloc* p = nullptr;
  CoGetMalloc(MEMCTX_TASK, &p);
  return *p;
}

misuse_kind last_misuse{};
int misuses = 0;
misuse_action note_misuse(const misuse& m) {
  last_misuse = m.kind;
  ++misuses;
  return misuse_action::go_on;
}

} // namespace

TEST_CASE("fSpyed and sizes are exact whatever the distance of the client pointer") {
  // Inside the block at a granule, inside but odd, at its end, and far outside of it.
  const std::size_t distance = GENERATE(0U, 1U, 7U, 16U, 17U, 48U, 4096U, 1U << 30U);
  const std::size_t room = distance < 4096 ? distance : 0;
  CAPTURE(distance);
  moving_spy spy(distance, room);
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  std::vector<void*> blocks;
  for (std::size_t size = 1; size < 600; size += 13) {
    void* p = CoTaskMemAlloc(size);
    REQUIRE(p != nullptr);
    REQUIRE(allocator().GetSize(p) == size);
    blocks.push_back(p);
  }
  for (std::size_t i = 0; i < blocks.size(); i += 2) {
    blocks[i] = CoTaskMemRealloc(blocks[i], 1000 + i);
    REQUIRE(allocator().GetSize(blocks[i]) == 1000 + i);
  }
  CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
  for (void* p : blocks) {
    CoTaskMemFree(p);
  }
  CHECK(spy.frees == static_cast<int>(blocks.size()));
  CHECK(spy.frees_spied == spy.frees);
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG); // completed by the last free
}

TEST_CASE("a spied client pointer that is freed twice is told as freed before") {
  moving_spy spy(32, 32);
  const scoped_spy registered(&spy);
  void* p = CoTaskMemAlloc(53);
  CoTaskMemFree(p);
  misuses = 0;
  const misuse_handler before = set_misuse_handler(note_misuse);
  CoTaskMemFree(p);
  set_misuse_handler(before);
  CHECK(misuses == 1);
  CHECK(last_misuse == misuse_kind::freed_before);
  CHECK(spy.frees == 2);
  CHECK(spy.frees_spied == 1);
}

TEST_CASE("without memory for the bookkeeping an allocation fails as if the heap had none, and nothing is lost") {
  moving_spy spy(1, 1); // odd: every client pointer needs a node
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  const std::size_t limit = blocks::limit_tables(0);
  std::vector<void*> blocks;
  void* p = CoTaskMemAlloc(27);
  while (p != nullptr && blocks.size() < 1000000) {
    blocks.push_back(p);
    p = CoTaskMemAlloc(27);
  }
  CHECK(p == nullptr);
  CHECK(spy.last_raw == nullptr); // PostAlloc was called, with null
  REQUIRE_FALSE(blocks.empty());

  SECTION("a realloc fails before the old block is touched") {
    void* first = blocks.front();
    std::memset(first, 0x5A, 27);
    CHECK(CoTaskMemRealloc(first, 5000) == nullptr);
    CHECK(allocator().GetSize(first) == 27);
    CHECK(static_cast<unsigned char*>(first)[26] == 0x5A);
  }
  SECTION("a freed block makes room again") {
    CoTaskMemFree(blocks.back());
    blocks.back() = CoTaskMemAlloc(27);
    CHECK(blocks.back() != nullptr);
  }
  for (void* block : blocks) {
    CoTaskMemFree(block);
  }
  blocks::limit_tables(limit);
  CHECK(spy.frees_spied == spy.frees);
  CHECK(CoRevokeMallocSpy() == S_OK);
}

TEST_CASE("PreRealloc that stores null takes the old block over") {
  class taking_spy : public test::pass_through_spy {
  public:
    SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL) override {
      taken = pRequest;
      *ppNewRequest = nullptr;
      return cbRequest;
    }
    void* taken = nullptr;
  };
  taking_spy spy;
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  void* p = CoTaskMemAlloc(27);
  void* q = CoTaskMemRealloc(p, 53);
  CHECK(spy.taken == p);
  CHECK(q != p);
  CHECK(requested_size(p) == 27); // alive, and the spy's
  CHECK(requested_size(q) == 53);
  CHECK(CoRevokeMallocSpy() == E_ACCESSDENIED);
  CoTaskMemFree(q); // p has left the spied set, so this was the last one
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
  CoTaskMemFree(p);
}

TEST_CASE("PreRealloc that forgets to store resizes the client's own pointer") {
  class forgetful_spy : public test::pass_through_spy {
  public:
    SIZE_T STDMETHODCALLTYPE PreRealloc(void*, SIZE_T cbRequest, void**, BOOL) override {
      return cbRequest;
    }
  };
  forgetful_spy spy;
  const scoped_spy registered(&spy);
  void* p = CoTaskMemAlloc(27);
  p = CoTaskMemRealloc(p, 3000);
  CHECK(requested_size(p) == 3000);
  CoTaskMemFree(p);
}

TEST_CASE("PreFree that returns null keeps the block, and it counts as freed") {
  class quarantine : public test::pass_through_spy {
  public:
    void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override {
      if (fSpyed == FALSE) {
        return pRequest;
      }
      kept.push_back(pRequest);
      return nullptr;
    }
    std::vector<void*> kept;
  };
  quarantine spy;
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  CoTaskMemFree(CoTaskMemAlloc(27));
  REQUIRE(spy.kept.size() == 1);
  CHECK(owns(spy.kept[0]));
  CHECK(CoRevokeMallocSpy() == S_OK);
  CoTaskMemFree(spy.kept[0]);
}

namespace {

// Throws from the hook of that name.
class throwing_spy : public test::pass_through_spy {
public:
  explicit throwing_spy(const char* hook) : m_hook(hook) {}

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    at("PreAlloc");
    return cbRequest;
  }
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    last_raw = pActual;
    at("PostAlloc");
    return pActual;
  }
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL) override {
    at("PreFree");
    return pRequest;
  }
  void STDMETHODCALLTYPE PostFree(BOOL) override {
    at("PostFree");
  }
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL) override {
    *ppNewRequest = pRequest;
    at("PreRealloc");
    return cbRequest;
  }
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL) override {
    last_raw = pActual;
    at("PostRealloc");
    return pActual;
  }
  void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL) override {
    at("PreGetSize");
    return pRequest;
  }
  void* STDMETHODCALLTYPE PreDidAlloc(void* pRequest, BOOL) override {
    at("PreDidAlloc");
    return pRequest;
  }
  void STDMETHODCALLTYPE PostHeapMinimize() override {
    at("PostHeapMinimize");
  }

  bool armed = false;
  void* last_raw = nullptr;

private:
  void at(const char* hook) {
    if (armed && std::strcmp(hook, m_hook) == 0) {
      armed = false;
      throw std::runtime_error(hook);
    }
  }
  const char* m_hook;
};

} // namespace

TEST_CASE("an exception from a hook reaches the caller; the lock is free and no block is lost") {
  const char* hook = GENERATE("PreAlloc", "PostAlloc", "PreFree", "PostFree", "PreRealloc", "PostRealloc", "PreGetSize",
                              "PreDidAlloc", "PostHeapMinimize");
  CAPTURE(hook);
  const std::string name = hook;
  throwing_spy spy(hook);
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  void* p = CoTaskMemAlloc(27);
  spy.armed = true;
  if (name == "PreAlloc" || name == "PostAlloc") {
    spy.last_raw = nullptr;
    CHECK_THROWS_AS(CoTaskMemAlloc(53), std::runtime_error);
    CHECK_FALSE(owns(spy.last_raw));
  } else if (name == "PreFree") {
    CHECK_THROWS_AS(CoTaskMemFree(p), std::runtime_error);
    CHECK(owns(p)); // nothing has happened yet
  } else if (name == "PostFree") {
    CHECK_THROWS_AS(CoTaskMemFree(p), std::runtime_error);
    CHECK_FALSE(owns(p));
    p = nullptr;
  } else if (name == "PreRealloc") {
    CHECK_THROWS_AS(CoTaskMemRealloc(p, 5000), std::runtime_error);
    CHECK(requested_size(p) == 27);
  } else if (name == "PostRealloc") {
    CHECK_THROWS_AS(CoTaskMemRealloc(p, 5000), std::runtime_error);
    CHECK_FALSE(owns(p));
    CHECK_FALSE(owns(spy.last_raw));
    p = nullptr;
  } else if (name == "PreGetSize") {
    CHECK_THROWS_AS(allocator().GetSize(p), std::runtime_error);
  } else if (name == "PreDidAlloc") {
    CHECK_THROWS_AS(allocator().DidAlloc(p), std::runtime_error);
  } else {
    CHECK_THROWS_AS(allocator().HeapMinimize(), std::runtime_error);
  }
  CHECK_FALSE(spy.armed);
  CHECK(current_request().entry == entry_point::none);
  CoTaskMemFree(p);
  CHECK(CoRevokeMallocSpy() == S_OK); // the lock is free, and nothing is left
}
