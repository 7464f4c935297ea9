// SPDX-License-Identifier: MIT
// A header spy with a name that writes what it is asked into a log that several of them share. Sizes are as the spy sees
// them; pointers are not written, but checked: every block that is not fSpyed must be one that the spy did not make.
#pragma once

#include <mallocspy/spies.hpp>
#include <set>
#include <string>
#include <vector>

namespace test {

using namespace mallocspy;

class logging_spy : public spy_base {
public:
  logging_spy(std::string name, SIZE_T header, std::vector<std::string>& log)
      : m_name(std::move(name)), m_header(header), m_log(log) {}

  bool refuses = false; // each request
  bool keeps = false;   // each block that is freed
  bool moves = false;   // each reallocation: asks for a new block, and keeps the old one
  int wrong_flags = 0;  // fSpyed other than what this spy knows

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    log("PreAlloc " + std::to_string(cbRequest));
    return refuses ? 0 : cbRequest + m_header;
  }
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    log(pActual == nullptr ? "PostAlloc null" : "PostAlloc");
    return made(pActual);
  }
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override {
    log(fSpyed != FALSE ? "PreFree" : "PreFree F");
    check(pRequest, fSpyed);
    m_mine.erase(pRequest);
    return keeps ? nullptr : below(pRequest, fSpyed);
  }
  void STDMETHODCALLTYPE PostFree(BOOL fSpyed) override {
    log(fSpyed != FALSE ? "PostFree" : "PostFree F");
  }
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override {
    log((fSpyed != FALSE ? "PreRealloc " : "PreRealloc F ") + std::to_string(cbRequest));
    check(pRequest, fSpyed);
    *ppNewRequest = moves ? nullptr : below(pRequest, fSpyed);
    m_old = pRequest;
    return refuses ? 0 : fSpyed != FALSE ? cbRequest + m_header : cbRequest;
  }
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) override {
    log(pActual == nullptr ? "PostRealloc null" : "PostRealloc");
    if (pActual != nullptr) {
      m_mine.erase(m_old);
    }
    if (fSpyed != FALSE) {
      return made(pActual);
    }
    if (pActual != nullptr) {
      m_mine.insert(pActual);
    }
    return pActual;
  }
  void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL fSpyed) override {
    log("PreGetSize");
    check(pRequest, fSpyed);
    return below(pRequest, fSpyed);
  }
  SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T cbActual, BOOL fSpyed) override {
    log("PostGetSize " + std::to_string(cbActual));
    return fSpyed != FALSE ? cbActual - m_header : cbActual;
  }
  void* STDMETHODCALLTYPE PreDidAlloc(void* pRequest, BOOL fSpyed) override {
    log("PreDidAlloc");
    check(pRequest, fSpyed);
    return below(pRequest, fSpyed);
  }
  int STDMETHODCALLTYPE PostDidAlloc(void* pRequest, BOOL fSpyed, int fActual) override {
    log("PostDidAlloc " + std::to_string(fActual));
    check(pRequest, fSpyed);
    return fActual;
  }
  void STDMETHODCALLTYPE PreHeapMinimize() override {
    log("PreHeapMinimize");
  }
  void STDMETHODCALLTYPE PostHeapMinimize() override {
    log("PostHeapMinimize");
  }

private:
  void log(const std::string& what) {
    m_log.push_back(m_name + "." + what);
  }
  void check(const void* block, BOOL fSpyed) {
    wrong_flags += (m_mine.count(block) != 0) == (fSpyed == TRUE) ? 0 : 1;
  }
  void* made(void* raw) {
    if (raw == nullptr) {
      return nullptr;
    }
    void* client = static_cast<char*>(raw) + m_header;
    m_mine.insert(client);
    return client;
  }
  void* below(void* client, BOOL fSpyed) const {
    return fSpyed != FALSE ? static_cast<char*>(client) - m_header : client;
  }

  std::string m_name;
  SIZE_T m_header;
  std::vector<std::string>& m_log;
  std::set<const void*> m_mine;
  const void* m_old = nullptr;
};

} // namespace test
