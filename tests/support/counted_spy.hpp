// SPDX-License-Identifier: MIT
// The IUnknown half of a test spy: counts references and queries, and destroys itself with its last reference, so that a
// failed test never leaves a dangling spy registered.
#pragma once

#include <atomic>
#include <mallocspy/contract/contract.hpp>
#include <mutex>
#include <vector>

namespace support {

using namespace mallocspy;

class counted_spy : public IMallocSpy {
public:
  counted_spy(const counted_spy&) = delete;
  counted_spy& operator=(const counted_spy&) = delete;

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void** ppvObject) override;
  ULONG STDMETHODCALLTYPE AddRef() override;
  ULONG STDMETHODCALLTYPE Release() override;

  // What QueryInterface answers for IID_IMallocSpy: this result, and on success a null pointer if `query_yields_null`.
  HRESULT query_result = S_OK;
  bool query_yields_null = false;

  // Whether spies say that they may be called from any thread at once. A program that runs the suite with concurrent spies
  // sets it; a spy that needs the lock overrides needs_the_lock.
  static bool all_concurrent;

  ULONG references() const noexcept {
    return m_references;
  }
  ULONG add_refs() const noexcept {
    return m_add_refs;
  }
  ULONG releases() const noexcept {
    return m_releases;
  }
  // returns: how often QueryInterface was asked for this interface
  std::size_t queries_for(REFIID iid) const;
  std::size_t queries() const;

protected:
  virtual bool needs_the_lock() const noexcept {
    return false;
  }
  counted_spy() = default;
  virtual ~counted_spy() = default;

  // returns: whether the next Release gives back what the query for the marker has added
  bool gives_back_marker() const noexcept {
    return m_marker_references != 0;
  }

private:
  std::atomic<ULONG> m_marker_references{0};
  std::atomic<ULONG> m_references{1};
  std::atomic<ULONG> m_add_refs{0};
  std::atomic<ULONG> m_releases{0};
  mutable std::mutex m_queries_mutex; // registration may ask from several threads
  std::vector<IID> m_queries;
};

} // namespace support
