// SPDX-License-Identifier: MIT
// The method tables, as a caller sees them that knows nothing but slot numbers: a C program, another compiler.
#include <mallocspy/contract/contract.hpp>

#include "support/catch.hpp"

#include <string>
#include <type_traits>
#include <utility>

using namespace mallocspy;

namespace {

// What the last call was, with its arguments.
struct seen {
  std::string method;
  const void* self = nullptr;
  const void* pointer = nullptr;
  const void* second_pointer = nullptr;
  std::size_t size = 0;
  int flag = 0;
  int answer = 0;
};
seen last;

seen take() {
  return std::exchange(last, {});
}

// `behind` is one method more than the interface has. Its slot tells how many slots the interface takes.
struct unknown_probe final : IUnknown {
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** out) override {
    last = {"QueryInterface", this, &riid, out, 0, 0, 0};
    return E_NOINTERFACE;
  }
  ULONG STDMETHODCALLTYPE AddRef() override {
    last = {"AddRef", this, nullptr, nullptr, 0, 0, 0};
    return 0x80000027U;
  }
  ULONG STDMETHODCALLTYPE Release() override {
    last = {"Release", this, nullptr, nullptr, 0, 0, 0};
    return 53;
  }
  virtual int STDMETHODCALLTYPE behind() {
    return 3;
  }
};

struct malloc_probe final : IMalloc {
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** out) override {
    last = {"QueryInterface", this, &riid, out, 0, 0, 0};
    return S_OK;
  }
  ULONG STDMETHODCALLTYPE AddRef() override {
    last = {"AddRef", this, nullptr, nullptr, 0, 0, 0};
    return 2;
  }
  ULONG STDMETHODCALLTYPE Release() override {
    last = {"Release", this, nullptr, nullptr, 0, 0, 0};
    return 1;
  }
  void* STDMETHODCALLTYPE Alloc(SIZE_T cb) override {
    last = {"Alloc", this, nullptr, nullptr, cb, 0, 0};
    return this;
  }
  void* STDMETHODCALLTYPE Realloc(void* pv, SIZE_T cb) override {
    last = {"Realloc", this, pv, nullptr, cb, 0, 0};
    return pv;
  }
  void STDMETHODCALLTYPE Free(void* pv) override {
    last = {"Free", this, pv, nullptr, 0, 0, 0};
  }
  SIZE_T STDMETHODCALLTYPE GetSize(void* pv) override {
    last = {"GetSize", this, pv, nullptr, 0, 0, 0};
    return static_cast<SIZE_T>(-27);
  }
  int STDMETHODCALLTYPE DidAlloc(void* pv) override {
    last = {"DidAlloc", this, pv, nullptr, 0, 0, 0};
    return -1;
  }
  void STDMETHODCALLTYPE HeapMinimize() override {
    last = {"HeapMinimize", this, nullptr, nullptr, 0, 0, 0};
  }
  virtual int STDMETHODCALLTYPE behind() {
    return 9;
  }
};

struct spy_probe final : IMallocSpy {
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** out) override {
    last = {"QueryInterface", this, &riid, out, 0, 0, 0};
    return S_OK;
  }
  ULONG STDMETHODCALLTYPE AddRef() override {
    last = {"AddRef", this, nullptr, nullptr, 0, 0, 0};
    return 2;
  }
  ULONG STDMETHODCALLTYPE Release() override {
    last = {"Release", this, nullptr, nullptr, 0, 0, 0};
    return 1;
  }
  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    last = {"PreAlloc", this, nullptr, nullptr, cbRequest, 0, 0};
    return cbRequest + 16;
  }
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    last = {"PostAlloc", this, pActual, nullptr, 0, 0, 0};
    return pActual;
  }
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override {
    last = {"PreFree", this, pRequest, nullptr, 0, fSpyed, 0};
    return pRequest;
  }
  void STDMETHODCALLTYPE PostFree(BOOL fSpyed) override {
    last = {"PostFree", this, nullptr, nullptr, 0, fSpyed, 0};
  }
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override {
    last = {"PreRealloc", this, pRequest, ppNewRequest, cbRequest, fSpyed, 0};
    return cbRequest;
  }
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) override {
    last = {"PostRealloc", this, pActual, nullptr, 0, fSpyed, 0};
    return pActual;
  }
  void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL fSpyed) override {
    last = {"PreGetSize", this, pRequest, nullptr, 0, fSpyed, 0};
    return pRequest;
  }
  SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T cbActual, BOOL fSpyed) override {
    last = {"PostGetSize", this, nullptr, nullptr, cbActual, fSpyed, 0};
    return cbActual;
  }
  void* STDMETHODCALLTYPE PreDidAlloc(void* pRequest, BOOL fSpyed) override {
    last = {"PreDidAlloc", this, pRequest, nullptr, 0, fSpyed, 0};
    return pRequest;
  }
  int STDMETHODCALLTYPE PostDidAlloc(void* pRequest, BOOL fSpyed, int fActual) override {
    last = {"PostDidAlloc", this, pRequest, nullptr, 0, fSpyed, fActual};
    return fActual;
  }
  void STDMETHODCALLTYPE PreHeapMinimize() override {
    last = {"PreHeapMinimize", this, nullptr, nullptr, 0, 0, 0};
  }
  void STDMETHODCALLTYPE PostHeapMinimize() override {
    last = {"PostHeapMinimize", this, nullptr, nullptr, 0, 0, 0};
  }
  virtual int STDMETHODCALLTYPE behind() {
    return 15;
  }
};

// Calls slot k of an object whose type nobody here knows.
template <class Result, class... Arguments> Result call(void* object, std::size_t k, Arguments... arguments) {
  void** slots = *static_cast<void***>(object);
  using method = Result(STDMETHODCALLTYPE*)(void*, Arguments...);
  return reinterpret_cast<method>(slots[k])(object, arguments...);
}

char somewhere[119];
void* const pv = somewhere + 53;

// Slots 0 to 2 of any interface.
void check_unknown(void* object, ULONG after_add, ULONG after_release, HRESULT queried) {
  void* out = nullptr;
  CHECK(call<HRESULT>(object, 0, &IID_IMalloc, &out) == queried);
  seen s = take();
  CHECK(s.method == "QueryInterface");
  CHECK(s.self == object);
  CHECK(s.pointer == &IID_IMalloc);
  CHECK(s.second_pointer == &out);
  CHECK(call<ULONG>(object, 1) == after_add);
  s = take();
  CHECK(s.method == "AddRef");
  CHECK(s.self == object);
  CHECK(call<ULONG>(object, 2) == after_release);
  s = take();
  CHECK(s.method == "Release");
  CHECK(s.self == object);
}

} // namespace

TEST_CASE("IUnknown has exactly its three slots, in order", "[contract][vtable]") {
  unknown_probe probe;
  check_unknown(&probe, 0x80000027U, 53, E_NOINTERFACE);
  CHECK(call<int>(&probe, 3) == 3);
}

TEST_CASE("IMalloc has exactly its nine slots, in order", "[contract][vtable]") {
  malloc_probe probe;
  void* const object = &probe;
  check_unknown(object, 2, 1, S_OK);

  CHECK(call<void*>(object, 3, SIZE_T{27}) == object);
  seen s = take();
  CHECK(s.method == "Alloc");
  CHECK(s.self == object);
  CHECK(s.size == 27);

  CHECK(call<void*>(object, 4, pv, SIZE_T{119}) == pv);
  s = take();
  CHECK(s.method == "Realloc");
  CHECK(s.pointer == pv);
  CHECK(s.size == 119);

  call<void>(object, 5, pv);
  s = take();
  CHECK(s.method == "Free");
  CHECK(s.pointer == pv);

  CHECK(call<SIZE_T>(object, 6, pv) == static_cast<SIZE_T>(-27));
  s = take();
  CHECK(s.method == "GetSize");
  CHECK(s.pointer == pv);

  CHECK(call<int>(object, 7, pv) == -1);
  s = take();
  CHECK(s.method == "DidAlloc");
  CHECK(s.pointer == pv);

  call<void>(object, 8);
  CHECK(take().method == "HeapMinimize");

  CHECK(call<int>(object, 9) == 9);
}

TEST_CASE("IMallocSpy has exactly its fifteen slots, in order", "[contract][vtable]") {
  spy_probe probe;
  void* const object = &probe;
  check_unknown(object, 2, 1, S_OK);

  CHECK(call<SIZE_T>(object, 3, SIZE_T{27}) == 43);
  seen s = take();
  CHECK(s.method == "PreAlloc");
  CHECK(s.self == object);
  CHECK(s.size == 27);

  CHECK(call<void*>(object, 4, pv) == pv);
  s = take();
  CHECK(s.method == "PostAlloc");
  CHECK(s.pointer == pv);

  CHECK(call<void*>(object, 5, pv, BOOL{1}) == pv);
  s = take();
  CHECK(s.method == "PreFree");
  CHECK(s.pointer == pv);
  CHECK(s.flag == 1);

  call<void>(object, 6, BOOL{1});
  s = take();
  CHECK(s.method == "PostFree");
  CHECK(s.flag == 1);

  void* next = nullptr;
  CHECK(call<SIZE_T>(object, 7, pv, SIZE_T{53}, &next, BOOL{1}) == 53);
  s = take();
  CHECK(s.method == "PreRealloc");
  CHECK(s.pointer == pv);
  CHECK(s.size == 53);
  CHECK(s.second_pointer == &next);
  CHECK(s.flag == 1);

  CHECK(call<void*>(object, 8, pv, BOOL{1}) == pv);
  s = take();
  CHECK(s.method == "PostRealloc");
  CHECK(s.pointer == pv);
  CHECK(s.flag == 1);

  CHECK(call<void*>(object, 9, pv, BOOL{1}) == pv);
  s = take();
  CHECK(s.method == "PreGetSize");
  CHECK(s.pointer == pv);
  CHECK(s.flag == 1);

  CHECK(call<SIZE_T>(object, 10, static_cast<SIZE_T>(-1), BOOL{1}) == static_cast<SIZE_T>(-1));
  s = take();
  CHECK(s.method == "PostGetSize");
  CHECK(s.size == static_cast<SIZE_T>(-1));
  CHECK(s.flag == 1);

  CHECK(call<void*>(object, 11, pv, BOOL{1}) == pv);
  s = take();
  CHECK(s.method == "PreDidAlloc");
  CHECK(s.pointer == pv);
  CHECK(s.flag == 1);

  CHECK(call<int>(object, 12, pv, BOOL{1}, -1) == -1);
  s = take();
  CHECK(s.method == "PostDidAlloc");
  CHECK(s.pointer == pv);
  CHECK(s.flag == 1);
  CHECK(s.answer == -1);

  call<void>(object, 13);
  CHECK(take().method == "PreHeapMinimize");
  call<void>(object, 14);
  CHECK(take().method == "PostHeapMinimize");

  CHECK(call<int>(object, 15) == 15);
}

TEST_CASE("an interface is a pointer to its table and nothing else", "[contract][vtable]") {
  CHECK(sizeof(IUnknown) == sizeof(void*));
  CHECK(sizeof(IMalloc) == sizeof(void*));
  CHECK(sizeof(IMallocSpy) == sizeof(void*));
  CHECK_FALSE(std::has_virtual_destructor<IUnknown>::value);
  CHECK_FALSE(std::has_virtual_destructor<IMalloc>::value);
  CHECK_FALSE(std::has_virtual_destructor<IMallocSpy>::value);
  // Protected: nobody deletes an object through its interface.
  CHECK_FALSE(std::is_destructible<IUnknown>::value);
  CHECK_FALSE(std::is_destructible<IMalloc>::value);
  CHECK_FALSE(std::is_destructible<IMallocSpy>::value);
}

TEST_CASE("an interface and its bases are the same pointer", "[contract][vtable]") {
  malloc_probe probe;
  IMalloc* as_malloc = &probe;
  IUnknown* as_unknown = as_malloc;
  CHECK(static_cast<void*>(as_malloc) == static_cast<void*>(&probe));
  CHECK(static_cast<void*>(as_unknown) == static_cast<void*>(&probe));
}
