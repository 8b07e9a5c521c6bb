import fc from "fast-check";
import { expect, test } from "vitest";
import { EventQueue } from "../../sim/event-queue.ts";

test("after any pushes and pops, events come out in the order of time and sequence", () => {
  const operations = fc.array(fc.oneof(fc.nat({ max: 20 }), fc.constant(-1)), { maxLength: 400 });
  fc.assert(
    fc.property(operations, (timesAndPops) => {
      const queue = new EventQueue();
      const model: { timeUs: number; sequence: number }[] = [];
      const takeBoth = () => {
        model.sort((left, right) => left.timeUs - right.timeUs || left.sequence - right.sequence);
        const expected = model.shift();
        expect(queue.peekTime()).toBe(expected?.timeUs ?? Number.POSITIVE_INFINITY);
        expect(queue.pop()).toBe(expected !== undefined);
        if (expected === undefined) return;
        expect([queue.timeUs, queue.sequence, queue.a, queue.payload]).toEqual([
          expected.timeUs,
          expected.sequence,
          expected.sequence * 2,
          `p${expected.sequence}`,
        ]);
      };
      let pushed = 0;
      for (const timeUs of timesAndPops) {
        if (timeUs < 0) takeBoth();
        else {
          const sequence = queue.push(timeUs, 0, 0, pushed * 2, 0, `p${pushed}`);
          expect(sequence).toBe(pushed++);
          model.push({ timeUs, sequence });
        }
        expect(queue.size).toBe(model.length);
      }
      while (model.length > 0) takeBoth();
      takeBoth();
    }),
    { seed: 1, numRuns: 200 },
  );
});

test("a queue that grows beyond its first capacity keeps every field of every event", () => {
  const queue = new EventQueue();
  for (let index = 0; index < 1000; index++) {
    queue.push((index * 7919) % 1000, index % 5, index % 3, index, -index, { index });
  }
  let count = 0;
  while (queue.pop()) {
    const index = queue.a;
    expect([queue.timeUs, queue.target, queue.kind, queue.b]).toEqual([
      (index * 7919) % 1000,
      index % 5,
      index % 3,
      -index,
    ]);
    expect(queue.payload).toEqual({ index });
    count++;
  }
  expect(count).toBe(1000);
});

test("the cause of an event is the event during which it was pushed", () => {
  const queue = new EventQueue();
  queue.push(1, 0, 0, 0, 0, undefined);
  queue.pop();
  expect(queue.cause).toBe(-1);
  queue.currentSequence = queue.sequence;
  queue.push(2, 0, 0, 0, 0, undefined);
  queue.pop();
  expect([queue.sequence, queue.cause]).toEqual([1, 0]);
});

test("a popped event leaves no reference to its payload in the queue", () => {
  const queue = new EventQueue();
  queue.push(1, 0, 0, 0, 0, { big: true });
  queue.push(2, 0, 0, 0, 0, undefined);
  queue.pop();
  queue.pop();
  const fields = queue as unknown as { slotPayload: unknown[] };
  expect(fields.slotPayload.every((payload) => payload === undefined)).toBe(true);
});

test("visit shows every pending event and none that was popped", () => {
  const queue = new EventQueue();
  for (const timeUs of [30, 10, 20]) queue.push(timeUs, 1, 2, timeUs + 1, timeUs + 2, `at ${timeUs}`);
  queue.pop();
  const seen: unknown[][] = [];
  queue.visit((...event) => seen.push(event));
  expect(seen.sort()).toEqual([
    [20, 1, 2, 21, 22, "at 20", 2, -1],
    [30, 1, 2, 31, 32, "at 30", 0, -1],
  ]);
});
