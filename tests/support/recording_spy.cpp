// SPDX-License-Identifier: MIT
#include "support/recording_spy.hpp"

namespace support {

namespace {

std::string size_text(SIZE_T size) {
  if (size == huge) {
    return "huge";
  }
  return size == static_cast<SIZE_T>(-1) ? "-1" : std::to_string(size);
}

// Exactly 1 or 0; any other value shows itself.
std::string flag_text(BOOL spyed) {
  if (spyed == TRUE) {
    return "T";
  }
  return spyed == FALSE ? "F" : std::to_string(spyed);
}

} // namespace

void recording_spy::name(const char* name, const void* start, std::size_t size) {
  m_names.add(name, start, size);
}

std::string recording_spy::name_of(const void* p) const {
  return m_names.of(p);
}

calls recording_spy::take() {
  return m_trace.take();
}

void recording_spy::expect_block_of(SIZE_T size) {
  m_awaited.push_back(size);
}

void recording_spy::name_block(const char* letter, unsigned& count, const void* raw) {
  SIZE_T size = 0;
  if (!m_awaited.empty()) {
    size = m_awaited.back();
    m_awaited.pop_back();
  }
  if (raw != nullptr) {
    ++count;
    m_names.add(count == 1 ? letter : letter + std::to_string(count), raw, size);
  }
}

ULONG recording_spy::Release() {
  if (gives_back_marker()) {
    return header_spy::Release(); // part of the registration
  }
  {
    trace::call line(m_trace, "Release");
    if (script.release) {
      script.release();
    }
    line.returned("Release");
  }
  return header_spy::Release(); // may destroy the trace
}

SIZE_T recording_spy::PreAlloc(SIZE_T cbRequest) {
  const std::string text = "PreAlloc(" + size_text(cbRequest) + ")";
  trace::call line(m_trace, text);
  const SIZE_T size = script.pre_alloc ? script.pre_alloc(cbRequest) : header_spy::PreAlloc(cbRequest);
  if (size != 0 || cbRequest == 0) {
    expect_block_of(size);
  }
  line.returned(text + "->" + size_text(size));
  return size;
}

void* recording_spy::PostAlloc(void* pActual) {
  name_block("p", m_allocated, pActual);
  const std::string text = "PostAlloc(" + name_of(pActual) + ")";
  trace::call line(m_trace, text);
  void* client = script.post_alloc ? script.post_alloc(pActual) : header_spy::PostAlloc(pActual);
  line.returned(text + "->" + name_of(client));
  return client;
}

void* recording_spy::PreFree(void* pRequest, BOOL fSpyed) {
  const std::string text = "PreFree(" + name_of(pRequest) + "," + flag_text(fSpyed) + ")";
  trace::call line(m_trace, text);
  void* raw = script.pre_free ? script.pre_free(pRequest, fSpyed) : header_spy::PreFree(pRequest, fSpyed);
  line.returned(text + "->" + name_of(raw));
  return raw;
}

void recording_spy::PostFree(BOOL fSpyed) {
  const std::string text = "PostFree(" + flag_text(fSpyed) + ")";
  trace::call line(m_trace, text);
  if (script.post_free) {
    script.post_free(fSpyed);
  }
  line.returned(text);
}

SIZE_T recording_spy::PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) {
  const std::string text =
      "PreRealloc(" + name_of(pRequest) + "," + size_text(cbRequest) + ",&np," + flag_text(fSpyed) + ")";
  trace::call line(m_trace, text);
  const SIZE_T size = script.pre_realloc ? script.pre_realloc(pRequest, cbRequest, ppNewRequest, fSpyed)
                                         : header_spy::PreRealloc(pRequest, cbRequest, ppNewRequest, fSpyed);
  if (size != 0) {
    expect_block_of(size);
  }
  line.returned(text + "->" + size_text(size) + ", np=" + name_of(*ppNewRequest));
  return size;
}

void* recording_spy::PostRealloc(void* pActual, BOOL fSpyed) {
  name_block("r", m_reallocated, pActual);
  const std::string text = "PostRealloc(" + name_of(pActual) + "," + flag_text(fSpyed) + ")";
  trace::call line(m_trace, text);
  void* client = script.post_realloc ? script.post_realloc(pActual, fSpyed) : header_spy::PostRealloc(pActual, fSpyed);
  line.returned(text + "->" + name_of(client));
  return client;
}

void* recording_spy::PreGetSize(void* pRequest, BOOL fSpyed) {
  const std::string text = "PreGetSize(" + name_of(pRequest) + "," + flag_text(fSpyed) + ")";
  trace::call line(m_trace, text);
  void* raw = script.pre_get_size ? script.pre_get_size(pRequest, fSpyed) : header_spy::PreGetSize(pRequest, fSpyed);
  line.returned(text + "->" + name_of(raw));
  return raw;
}

SIZE_T recording_spy::PostGetSize(SIZE_T cbActual, BOOL fSpyed) {
  const std::string text = "PostGetSize(" + size_text(cbActual) + "," + flag_text(fSpyed) + ")";
  trace::call line(m_trace, text);
  const SIZE_T size =
      script.post_get_size ? script.post_get_size(cbActual, fSpyed) : header_spy::PostGetSize(cbActual, fSpyed);
  line.returned(text + "->" + size_text(size));
  return size;
}

void* recording_spy::PreDidAlloc(void* pRequest, BOOL fSpyed) {
  const std::string text = "PreDidAlloc(" + name_of(pRequest) + "," + flag_text(fSpyed) + ")";
  trace::call line(m_trace, text);
  void* raw = script.pre_did_alloc ? script.pre_did_alloc(pRequest, fSpyed) : header_spy::PreDidAlloc(pRequest, fSpyed);
  line.returned(text + "->" + name_of(raw));
  return raw;
}

int recording_spy::PostDidAlloc(void* pRequest, BOOL fSpyed, int fActual) {
  const std::string text =
      "PostDidAlloc(" + name_of(pRequest) + "," + flag_text(fSpyed) + "," + std::to_string(fActual) + ")";
  trace::call line(m_trace, text);
  const int did = script.post_did_alloc ? script.post_did_alloc(pRequest, fSpyed, fActual)
                                        : header_spy::PostDidAlloc(pRequest, fSpyed, fActual);
  line.returned(text + "->" + std::to_string(did));
  return did;
}

void recording_spy::PreHeapMinimize() {
  trace::call line(m_trace, "PreHeapMinimize()");
  if (script.pre_heap_minimize) {
    script.pre_heap_minimize();
  }
  line.returned("PreHeapMinimize()");
}

void recording_spy::PostHeapMinimize() {
  trace::call line(m_trace, "PostHeapMinimize()");
  if (script.post_heap_minimize) {
    script.post_heap_minimize();
  }
  line.returned("PostHeapMinimize()");
}

} // namespace support
