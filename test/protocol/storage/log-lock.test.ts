import { expect, it } from "vitest";
import { LogLock, type LogUser } from "../../../protocol/storage/log-lock.ts";
import { BarePeer } from "../../conformance/bare-peer.ts";

function user(log: string[], name: string, lock: LogLock, syncs = true): LogUser {
  const self: LogUser = {
    logAcquired: () => {
      log.push(`${name} acquires`);
      if (syncs) lock.sync(self);
    },
    logSynced: (ok) => log.push(`${name} synced ${ok}`),
  };
  return self;
}

it("gives the lock to one user at a time, in order", () => {
  const log: string[] = [];
  const lock = new LogLock(new BarePeer());
  for (const name of ["a", "b", "c"]) lock.acquire(user(log, name, lock));
  lock.synced(true);
  lock.synced(false);
  lock.synced(true);
  expect(log).toEqual(["a acquires", "a synced true", "b acquires", "b synced false", "c acquires", "c synced true"]);
});

it("calls the functions that wait for a free lock before the next user gets it", () => {
  const log: string[] = [];
  const lock = new LogLock(new BarePeer());
  lock.whenFree(() => log.push("free at first"));
  lock.acquire(user(log, "a", lock));
  lock.acquire(user(log, "b", lock));
  lock.whenFree(() => log.push("free again"));
  lock.synced(true);
  expect(log).toEqual(["free at first", "a acquires", "free again", "a synced true", "b acquires"]);
});

it("a user that does not sync passes the lock on", () => {
  const log: string[] = [];
  const lock = new LogLock(new BarePeer());
  lock.acquire(user(log, "a", lock));
  lock.acquire(user(log, "b", lock, false));
  lock.acquire(user(log, "c", lock));
  lock.synced(true);
  expect(log).toEqual(["a acquires", "a synced true", "b acquires", "c acquires"]);
});
