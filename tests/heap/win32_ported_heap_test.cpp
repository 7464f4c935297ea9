// SPDX-License-Identifier: MIT
// Code as it stands in programs for Windows: an allocator object over a private heap that is reset by destroying it, a dump
// of a heap, and a wrapper that wants null to be freed. One include was exchanged; nothing is qualified.
#include <mallocspy/win32.hpp>

#include "support/catch.hpp"

namespace {

class CHeapMalloc {
public:
  CHeapMalloc() : m_hHeap(HeapCreate(HEAP_NO_SERIALIZE, 0, 0)), m_cAllocs(0) {}
  ~CHeapMalloc() {
    if (m_hHeap) {
      HeapDestroy(m_hHeap);
    }
  }
  BOOL Reset() {
    if (!HeapDestroy(m_hHeap)) {
      return FALSE;
    }
    m_hHeap = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    m_cAllocs = 0;
    return m_hHeap != NULL;
  }
  LPVOID Alloc(SIZE_T cb) {
    ++m_cAllocs;
    return HeapAlloc(m_hHeap, HEAP_ZERO_MEMORY, cb);
  }
  LPVOID Realloc(LPVOID pv, SIZE_T cb) {
    return pv == NULL ? Alloc(cb) : HeapReAlloc(m_hHeap, 0, pv, cb);
  }
  SIZE_T Size(LPCVOID pv) {
    return HeapSize(m_hHeap, 0, pv);
  }
  DWORD Count() {
    DWORD cBusy = 0;
    PROCESS_HEAP_ENTRY entry;
    entry.lpData = NULL;
    if (!HeapLock(m_hHeap)) {
      return 0;
    }
    while (HeapWalk(m_hHeap, &entry)) {
      if (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) {
        ++cBusy;
      }
    }
    const DWORD dwError = GetLastError();
    HeapUnlock(m_hHeap);
    return dwError == ERROR_NO_MORE_ITEMS ? cBusy : 0;
  }

private:
  HANDLE m_hHeap;
  DWORD m_cAllocs;
};

} // namespace

TEST_CASE("ported code runs unchanged", "[heap][win32]") {
  CHeapMalloc m;
  LPVOID pv = m.Alloc(27);
  REQUIRE(pv != NULL);
  CHECK(static_cast<BYTE*>(pv)[26] == 0);
  pv = m.Realloc(pv, 119);
  CHECK(m.Size(pv) == 119);
  m.Realloc(NULL, 53);
  CHECK(m.Count() == 2);
  REQUIRE(m.Reset());
  CHECK(m.Count() == 0);
  CHECK(m.Size(pv) == static_cast<SIZE_T>(-1));

  ULONG ulLfh = 2;
  HANDLE hHeap = GetProcessHeap();
  SetLastError(ERROR_SUCCESS);
  CHECK_FALSE(HeapSetInformation(NULL, HeapCompatibilityInformation, &ulLfh, sizeof(ulLfh)));
  CHECK(GetLastError() == ERROR_INVALID_HANDLE);
  HEAP_SUMMARY summary = {};
  summary.cb = sizeof(summary);
  CHECK(HeapSummary(hHeap, 0, &summary));
  CHECK(HeapValidate(hHeap, 0, NULL));
  CHECK(HeapFree(hHeap, 0, NULL));
}
