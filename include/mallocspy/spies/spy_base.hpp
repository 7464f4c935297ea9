// SPDX-License-Identifier: MIT
// A spy that changes nothing. Derive from it and override the hooks that you need.
// source: ours
#pragma once

#include <atomic>
#include <mallocspy/contract/contract.hpp>
#include <mallocspy/contract/export.h>
#include <utility>

namespace mallocspy {

// How a spy may be called.
enum class spy_calls {
  serialised, // one call at a time, from before Pre until after Post: members may keep what one has for the other
  concurrent, // from any thread at once: the hooks share nothing, or share it properly. Much faster on many threads
};

// All of IMallocSpy, passing everything through. PreAlloc, PostAlloc, PreFree and PostFree cost next to nothing where
// nobody overrides them: this library's task allocator is told so when it asks for IID_IConcurrentMallocSpy, and leaves
// them out.
//
// Who owns a spy: the C++ code that made it, as any object; the allocator holds a reference from CoRegisterMallocSpy until
// the revocation is complete, and calls the spy as long. Releasing the last reference destroys nothing. A spy that is
// destroyed while references are held would be called after its end: its destructor says so in one line and aborts. Blocks
// of the spy that are still alive keep it registered (CoRevokeMallocSpy); a spy that must outlive them is made with
// make_spy.
class MALLOCSPY_API spy_base : public IMallocSpy {
public:
  explicit spy_base(spy_calls how = spy_calls::serialised) noexcept : m_calls(how), m_passing(method_table(this)) {}
  spy_base(const spy_base&) = delete;
  spy_base& operator=(const spy_base&) = delete;

  // Behind the slots of the interface, where COM does not look.
  // errors: one line on stderr and abort, if references are held
  virtual ~spy_base() {
    if (m_references.load(std::memory_order_acquire) != 0) {
      destroyed_too_early();
    }
  }

  // effects, returns: as IUnknown. Answers IUnknown, IMallocSpy, and IID_IConcurrentMallocSpy if the spy is concurrent
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override {
    if (ppvObject == nullptr) {
      return E_POINTER;
    }
    if (riid == IID_IConcurrentMallocSpy) {
      tell_host(this, m_passing);
    }
    const bool known = riid == IID_IUnknown || riid == IID_IMallocSpy ||
                       (riid == IID_IConcurrentMallocSpy && m_calls == spy_calls::concurrent);
    *ppvObject = known ? static_cast<IMallocSpy*>(this) : nullptr;
    if (!known) {
      return E_NOINTERFACE;
    }
    AddRef();
    return S_OK;
  }
  ULONG STDMETHODCALLTYPE AddRef() override {
    return m_references.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  ULONG STDMETHODCALLTYPE Release() override {
    return m_references.fetch_sub(1, std::memory_order_acq_rel) - 1;
  }

  // Not inline: where nobody overrides them, all libraries of a program have the same ones, and that is how it is told.
  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override;
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override;
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override;
  void STDMETHODCALLTYPE PostFree(BOOL fSpyed) override;
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL) override {
    *ppNewRequest = pRequest;
    return cbRequest;
  }
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL) override {
    return pActual;
  }
  void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL) override {
    return pRequest;
  }
  SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T cbActual, BOOL) override {
    return cbActual;
  }
  void* STDMETHODCALLTYPE PreDidAlloc(void* pRequest, BOOL) override {
    return pRequest;
  }
  int STDMETHODCALLTYPE PostDidAlloc(void*, BOOL, int fActual) override {
    return fActual;
  }
  void STDMETHODCALLTYPE PreHeapMinimize() override {}
  void STDMETHODCALLTYPE PostHeapMinimize() override {}

  // returns: the references held at this moment: 1 while registered. threads: any
  ULONG references() const noexcept {
    return m_references.load(std::memory_order_relaxed);
  }

private:
  [[noreturn]] static void destroyed_too_early() noexcept;

  // returns: where the methods of the spy are found, as far as it is constructed; null where that cannot be told
  static const void* method_table(const IMallocSpy* spy) noexcept;

  // effects: tells whoever asks on this thread for the marker that hooks which the spy shares with that table pass through
  static void tell_host(const IMallocSpy* spy, const void* passing) noexcept;

  std::atomic<ULONG> m_references{0};
  const spy_calls m_calls;
  const void* const m_passing; // the methods of this class itself
};

namespace detail {

// A spy that its references own.
template <class Spy> class counted final : public Spy {
public:
  using Spy::Spy;
  ULONG STDMETHODCALLTYPE Release() override {
    const ULONG left = Spy::Release();
    if (left == 0) {
      delete this;
    }
    return left;
  }
};

} // namespace detail

// Holds one reference of a spy that was made with make_spy.
// threads: one at a time for each object
template <class Spy> class spy_ref {
public:
  spy_ref() noexcept = default;
  spy_ref(spy_ref&& other) noexcept : m_spy(std::exchange(other.m_spy, nullptr)) {}
  spy_ref& operator=(spy_ref&& other) noexcept {
    std::swap(m_spy, other.m_spy);
    return *this;
  }
  spy_ref(const spy_ref&) = delete;
  spy_ref& operator=(const spy_ref&) = delete;
  ~spy_ref() {
    if (m_spy != nullptr) {
      m_spy->Release();
    }
  }

  Spy* get() const noexcept {
    return m_spy;
  }
  Spy* operator->() const noexcept {
    return m_spy;
  }
  Spy& operator*() const noexcept {
    return *m_spy;
  }

private:
  template <class Other, class... Arguments> friend spy_ref<Other> make_spy(Arguments&&... arguments);
  explicit spy_ref(Spy* spy) noexcept : m_spy(spy) {
    m_spy->AddRef();
  }

  Spy* m_spy = nullptr;
};

// effects: makes a spy that lives until its last reference is released: as long as it is registered, whatever becomes of
//   the spy_ref. For spies whose blocks may outlive the scope that made them
// returns: its first reference
// errors: std::bad_alloc
template <class Spy, class... Arguments> spy_ref<Spy> make_spy(Arguments&&... arguments) {
  return spy_ref<Spy>(new detail::counted<Spy>(std::forward<Arguments>(arguments)...));
}

} // namespace mallocspy
