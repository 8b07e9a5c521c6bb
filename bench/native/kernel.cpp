// The job of bench/kernel-workload.ts in C++, with a binary heap that is ordered by (time, sequence). Both programs must
// end with the same checksum.
//
//   kernel <outstanding> <events>   prints: <nanoseconds> <checksum>
//
// Both heaps move a hole instead of swapping elements. An event contains only the fields that this job needs. An event of
// sim/event-queue.ts also contains a cause, two numbers and a payload, and the ratio includes the cost of these fields.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

struct Event {
  int64_t time;
  int64_t sequence;
  int32_t target;
  int32_t value;
};

static inline bool before(const Event &a, const Event &b) {
  return a.time < b.time || (a.time == b.time && a.sequence < b.sequence);
}

class Queue {
  std::vector<Event> heap;
  int64_t nextSequence = 0;

public:
  void push(int64_t time, int32_t target, int32_t value) {
    const Event event{time, nextSequence++, target, value};
    size_t hole = heap.size();
    heap.push_back(event);
    while (hole > 0) {
      const size_t parent = (hole - 1) >> 1;
      if (heap[parent].time <= time) break;
      heap[hole] = heap[parent];
      hole = parent;
    }
    heap[hole] = event;
  }

  Event pop() {
    const Event first = heap[0];
    const Event last = heap.back();
    heap.pop_back();
    const size_t size = heap.size();
    size_t hole = 0;
    size_t child = 1;
    while (child < size) {
      if (child + 1 < size && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], last)) break;
      heap[hole] = heap[child];
      hole = child;
      child = 2 * hole + 1;
    }
    if (size > 0) heap[hole] = last;
    return first;
  }
};

// The random number generator xoshiro128**.
struct Generator {
  uint32_t s0 = 0x9e3779b9u, s1 = 0x243f6a88u, s2 = 0xb7e15162u, s3 = 0x85ebca6bu;

  uint32_t next() {
    const uint32_t by5 = s1 * 5u;
    const uint32_t result = ((by5 << 7) | (by5 >> 25)) * 9u;
    const uint32_t t = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = (s3 << 11) | (s3 >> 21);
    return result;
  }
};

int main(int count, char **arguments) {
  if (count != 3) return 2;
  const int64_t outstanding = std::atoll(arguments[1]);
  const int64_t events = std::atoll(arguments[2]);
  Queue queue;
  Generator generator;
  uint32_t nodes[5] = {1, 2, 3, 4, 5};
  int64_t now = 0;
  for (int64_t i = 0; i < outstanding; i++) {
    const uint32_t delay = 1 + (generator.next() & 0xfffff);
    queue.push(delay, static_cast<int32_t>(i % 5), static_cast<int32_t>(generator.next()));
  }
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < events; i++) {
    const Event event = queue.pop();
    now = event.time;
    const uint32_t delay = 1 + (generator.next() & 0xfffff);
    const int32_t target = static_cast<int32_t>(((generator.next() & 0xffff) * 5u) >> 16);
    const int32_t value = static_cast<int32_t>(generator.next());
    nodes[event.target] = (nodes[event.target] ^ static_cast<uint32_t>(event.value)) * 0x9e3779b1u + static_cast<uint32_t>(now);
    queue.push(now + delay, target, value);
  }
  const auto end = std::chrono::steady_clock::now();
  uint32_t checksum = static_cast<uint32_t>(now);
  for (const uint32_t node : nodes) checksum = (checksum ^ node) * 0x85ebca6bu;
  std::printf("%lld %u\n", static_cast<long long>(std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count()), checksum);
  return 0;
}
