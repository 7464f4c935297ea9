// SPDX-License-Identifier: MIT
// fSpyed is exact under a concurrent spy: threads reallocate while a model of the spied set is held against every answer.
#include "concurrent_spy.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <mallocspy/mallocspy.hpp>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <vector>

using namespace mallocspy;

namespace {

// Moves every client pointer by a distance and keeps the set that the contract describes.
class modelling_spy : public test::concurrent_spy {
public:
  explicit modelling_spy(std::size_t distance) : m_distance(distance) {}

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    return cbRequest + m_distance;
  }
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    return put(moved(pActual));
  }
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override {
    compare(pRequest, fSpyed, true);
    return raw(pRequest, fSpyed);
  }
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override {
    compare(pRequest, fSpyed, true);
    *ppNewRequest = raw(pRequest, fSpyed);
    return cbRequest + m_distance;
  }
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL) override {
    return put(moved(pActual));
  }
  void* STDMETHODCALLTYPE PreGetSize(void* pRequest, BOOL fSpyed) override {
    compare(pRequest, fSpyed, false);
    return raw(pRequest, fSpyed);
  }
  SIZE_T STDMETHODCALLTYPE PostGetSize(SIZE_T cbActual, BOOL fSpyed) override {
    return fSpyed == TRUE ? cbActual - m_distance : cbActual;
  }
  void STDMETHODCALLTYPE PostFree(BOOL) override {}

  std::atomic<long> compared{0};
  std::atomic<long> differing{0};

private:
  void* moved(void* p) const {
    return p == nullptr ? nullptr : static_cast<char*>(p) + m_distance;
  }
  void* raw(void* p, BOOL spied) const {
    return spied == TRUE ? static_cast<char*>(p) - m_distance : p;
  }
  void* put(void* client) {
    const std::lock_guard<std::mutex> held(m_mutex);
    if (client != nullptr) {
      m_set.insert(client);
    }
    return client;
  }
  void compare(void* client, BOOL spied, bool leaves) {
    const std::lock_guard<std::mutex> held(m_mutex);
    ++compared;
    differing += (m_set.count(client) != 0) == (spied == TRUE) ? 0 : 1;
    if (leaves) {
      m_set.erase(client);
    }
  }

  std::size_t m_distance;
  std::mutex m_mutex;
  std::set<void*> m_set;
};

void work(std::uint32_t seed, std::vector<void*> blocks, std::atomic<long>& faults) {
  IMalloc* allocator = nullptr;
  CoGetMalloc(MEMCTX_TASK, &allocator);
  std::mt19937 random(seed);
  std::vector<SIZE_T> sizes(blocks.size(), 0);
  for (int i = 0; i < 20000; ++i) {
    const std::size_t k = random() % blocks.size();
    const SIZE_T size = 1 + random() % 700;
    if (blocks[k] == nullptr) {
      blocks[k] = CoTaskMemAlloc(size);
    } else if (random() % 3 == 0) {
      CoTaskMemFree(blocks[k]);
      blocks[k] = nullptr;
      continue;
    } else {
      blocks[k] = CoTaskMemRealloc(blocks[k], size);
    }
    faults += blocks[k] != nullptr && allocator->GetSize(blocks[k]) == size ? 0 : 1;
  }
  for (void* p : blocks) {
    CoTaskMemFree(p);
  }
}

} // namespace

TEST_CASE("four threads reallocate under a concurrent spy, and fSpyed is what the model says") {
  const std::size_t distance = GENERATE(0U, 16U, 48U, 3U); // at the start, inside at a granule, odd
  CAPTURE(distance);
  // Some blocks are there before the spy, and become spied by their first realloc. The distance does not fit them: their
  // sizes are only asked after that.
  std::vector<std::vector<void*>> blocks(4, std::vector<void*>(40, nullptr));
  for (auto& mine : blocks) {
    for (std::size_t i = 0; i < mine.size(); i += 2) {
      mine[i] = CoTaskMemAlloc(1 + i);
    }
  }
  modelling_spy spy(distance);
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  std::atomic<long> faults{0};
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] { work(20 + i, blocks[i], faults); });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  CHECK(faults == 0);
  CHECK(spy.compared > 4 * 20000);
  CHECK(spy.differing == 0);
  CHECK(CoRevokeMallocSpy() == S_OK); // everything has been freed, and counted
}
