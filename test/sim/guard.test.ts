import { expect, test, vi } from "vitest";
import { guarded } from "../../sim/guard.ts";

const leaks: Readonly<Record<string, () => unknown>> = {
  "Date.now": () => Date.now(),
  "new Date()": () => new Date(),
  "Math.random": () => Math.random(),
  "performance.now": () => performance.now(),
  setTimeout: () => setTimeout(() => undefined, 0),
  setInterval: () => setInterval(() => undefined, 1),
  setImmediate: () => setImmediate(() => undefined),
  queueMicrotask: () => queueMicrotask(() => undefined),
  "crypto.randomUUID": () => crypto.randomUUID(),
  "crypto.getRandomValues": () => crypto.getRandomValues(new Uint8Array(1)),
};

for (const [name, leak] of Object.entries(leaks)) {
  test(`inside the guard ${name} throws an error that names the replacement, and outside it works again`, () => {
    expect(() => guarded(leak)).toThrow(`${name} is not allowed inside a simulation: `);
    const result = leak();
    if (name === "setTimeout" || name === "setInterval") clearTimeout(result as NodeJS.Timeout);
    if (name === "setImmediate") clearImmediate(result as NodeJS.Immediate);
  });
}

test("the guard returns the result of the action and allows a Date of a given time", () => {
  expect(guarded(() => new Date(0).toISOString())).toBe("1970-01-01T00:00:00.000Z");
});

test("the guard restores all globals, even if the action throws or guards are nested", () => {
  const now = Object.getOwnPropertyDescriptor(globalThis, "setTimeout");
  const own = Object.getOwnPropertyNames(performance);
  const RealDate = Date;
  expect(() =>
    guarded(() => {
      guarded(() => 1);
      expect(() => Math.random()).toThrow(/not allowed/);
      throw new Error("mine");
    }),
  ).toThrow("mine");
  expect(Object.getOwnPropertyDescriptor(globalThis, "setTimeout")).toEqual(now);
  expect(Object.getOwnPropertyNames(performance)).toEqual(own);
  expect(Date).toBe(RealDate);
  expect(Math.random()).toBeLessThan(1);
});

test("inside the guard Date called as a function throws", () => {
  expect(() => guarded(() => Date())).toThrow("Date() is not allowed inside a simulation: the time is World.nowUs");
});

test("inside the guard the functions of Date that read no clock work", () => {
  expect(guarded(() => [Date.UTC(1970, 0, 2), Date.parse("1970-01-01T00:00:01Z")])).toEqual([86_400_000, 1000]);
});

test("the guard works on a platform that lacks some of the globals", () => {
  vi.stubGlobal("crypto", undefined);
  vi.stubGlobal("performance", {});
  try {
    expect(guarded(() => Object.keys(performance))).toEqual([]);
    expect(() => guarded(() => Math.random())).toThrow(/not allowed/);
  } finally {
    vi.unstubAllGlobals();
  }
});
