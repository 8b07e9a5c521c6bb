import { expect, it } from "vitest";
import { AcceptErrors } from "../../protocol/accept-errors.ts";

it("accept() fails in the threads with a fault, until the last fault has ended, and each error counts", () => {
  const errors = new AcceptErrors();
  expect(errors.fails("listener")).toBe(false);
  errors.begin("listener");
  errors.begin("listener");
  expect([errors.fails("listener"), errors.fails("acceptor")]).toEqual([true, false]);
  errors.end("listener");
  expect(errors.fails("listener")).toBe(true);
  errors.end("listener");
  errors.end("listener");
  expect(errors.fails("listener")).toBe(false);
  expect(errors.count).toEqual({ listener: 2, acceptor: 0 });
});

it("the end of all faults says whether there was one", () => {
  const errors = new AcceptErrors();
  expect(errors.endAll()).toBe(false);
  errors.begin("acceptor");
  expect([errors.endAll(), errors.fails("acceptor"), errors.endAll()]).toEqual([true, false, false]);
});
