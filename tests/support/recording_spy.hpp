// SPDX-License-Identifier: MIT
// A header spy that writes down every call with symbolic pointers, in the notation of contract.md section 10:
//
//   PreAlloc(27)->43
//   PostAlloc(p)->p+16
//   PreRealloc(p+16,100,&np,T)->116, np=p
//   PostRealloc(r,T)->r+16
//
// Raw blocks are named as they appear: p, p2, p3 ... from Alloc and r, r2, r3 ... from Realloc, in place or not. Blocks
// that were there before get their names from the test. SIZE_MAX/2 is written as "huge", and (SIZE_T)-1 as "-1".
#pragma once

#include "support/header_spy.hpp"
#include "support/pointer_names.hpp"
#include "support/spy_script.hpp"
#include "support/trace.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace support {

inline constexpr SIZE_T huge = SIZE_MAX / 2; // more than any heap has

class recording_spy final : public header_spy {
public:
  explicit recording_spy(SIZE_T header) noexcept : header_spy(header) {}
  ~recording_spy() override = default;

  spy_script script;

  // effects: gives a name to a block that the spy has not seen allocated
  void name(const char* name, const void* start, std::size_t size);
  // returns: the present name of an address
  std::string name_of(const void* p) const;
  // returns: the calls since the last take
  calls take();

  ULONG STDMETHODCALLTYPE Release() override;
  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override;
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override;
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override;
  void STDMETHODCALLTYPE PostFree(BOOL fSpyed) override;
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL fSpyed) override;
  SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T cbActual, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PreDidAlloc(void* pRequest, BOOL fSpyed) override;
  int STDMETHODCALLTYPE PostDidAlloc(void* pRequest, BOOL fSpyed, int fActual) override;
  void STDMETHODCALLTYPE PreHeapMinimize() override;
  void STDMETHODCALLTYPE PostHeapMinimize() override;

private:
  void expect_block_of(SIZE_T size);
  void name_block(const char* letter, unsigned& count, const void* raw);

  trace m_trace;
  pointer_names m_names;
  std::vector<SIZE_T> m_awaited; // the sizes of raw requests whose Post has not come yet
  unsigned m_allocated = 0;
  unsigned m_reallocated = 0;
};

} // namespace support
