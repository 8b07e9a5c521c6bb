/** The thread that accepts election connections, and what it does after an error of accept(). */
import { describe, expect, it } from "vitest";
import { asConnectionId, asServerId, ELECTION_PORT } from "../../../protocol/index.ts";
import { type BareOptions, BarePeer } from "../../conformance/bare-peer.ts";

const SECOND = 1000;

/** Returns server 1 of three servers, which is LOOKING. Each accept() on its election port fails. */
const failing = (options: BareOptions = {}): BarePeer => {
  const bare = new BarePeer({ myid: 1, ...options }).start();
  bare.peer.failAccepts("listener");
  return bare;
};

const isListening = (bare: BarePeer): boolean => bare.listening.has(ELECTION_PORT);

/** Lets a server connect, and waits until the thread opens the port again or ends. */
function fail(bare: BarePeer, connection: number): BarePeer {
  return bare.acceptElection(connection).advance(SECOND);
}

describe("after an error of accept(), the listener", () => {
  it("closes the port, resets the connection, and opens the port again after one second", () => {
    const bare = failing().acceptElection(900);
    expect([isListening(bare), bare.closed, bare.closedUnread]).toEqual([false, [900], [900]]);
    bare.advance(999);
    expect(isListening(bare)).toBe(false);
    bare.advance(1);
    expect([isListening(bare), bare.exitCode]).toEqual([true, undefined]);
  });

  it("resets a connection that it learns of while the port is closed, and counts no error for it", () => {
    const bare = failing().acceptElection(900).acceptElection(901);
    expect([bare.closedUnread, bare.peer.acceptErrors.count.listener]).toEqual([[900, 901], 1]);
  });

  it("ignores what arrives on a connection that it has reset", () => {
    const bare = failing()
      .acceptElection(900)
      .electionMessage(900, { hello: asServerId(2) });
    expect([bare.closed, bare.failures]).toEqual([[900], []]);
  });

  it("counts the errors anew after an accepted connection", () => {
    const bare = failing();
    fail(bare, 900);
    fail(bare, 901);
    bare.peer.endAcceptErrors("listener");
    bare.acceptElection(902);
    bare.peer.failAccepts("listener");
    fail(bare, 903);
    fail(bare, 904);
    expect([isListening(bare), bare.exitCode]).toEqual([true, undefined]);
    fail(bare, 905);
    expect([isListening(bare), bare.exitCode, bare.failures]).toEqual([false, 14, ["listener-failed"]]);
  });

  it.each([
    [1, 1],
    [3, 3],
    [5, 5],
  ])("lets the server exit after the number of errors in electionPortBindRetry: %i", (setting, errors) => {
    const bare = failing({ settings: { electionPortBindRetry: setting } });
    for (let i = 0; i < errors; i++) {
      expect(bare.exitCode).toBeUndefined();
      fail(bare, 900 + i);
    }
    expect(bare.exitCode).toBe(14);
  });

  it("never ends if electionPortBindRetry is 0", () => {
    const bare = failing({ settings: { electionPortBindRetry: 0 } });
    for (let i = 0; i < 20; i++) fail(bare, 900 + i);
    expect([isListening(bare), bare.exitCode]).toEqual([true, undefined]);
  });

  it("does not touch the connection that it accepted last if this connection has ended", () => {
    const bare = failing();
    bare.peer.endAcceptErrors("listener");
    bare.acceptElection(900).input(() => bare.peer.closed(asConnectionId(900), "closed"));
    bare.peer.failAccepts("listener");
    fail(bare, 901);
    expect(bare.closed).toEqual([901]);
  });
});
