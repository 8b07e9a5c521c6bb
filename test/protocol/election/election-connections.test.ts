import { describe, expect, it } from "vitest";
import { ElectionConnections } from "../../../protocol/election/election-connections.ts";
import { asConnectionId, asServerId, type ConnectionId, majority, withPorts } from "../../../protocol/index.ts";
import { type BareOptions, BarePeer, vote } from "../../conformance/bare-peer.ts";

const NOTIFICATION = vote(1);
const sid = asServerId;

/** Returns the election connections of server 1 of three servers, and the BarePeer that hosts them. */
function connections(options: BareOptions = {}): { host: BarePeer; links: ElectionConnections } {
  const host = new BarePeer({ myid: 1, ...options });
  return { host, links: new ElectionConnections(host.peer, host, host.peer.notes) };
}

const lastConnection = (host: BarePeer): ConnectionId => host.connects.at(-1)?.connection as ConnectionId;

describe("ElectionConnections", () => {
  it("queues one message while it connects, and sends the latest one", () => {
    const { host, links } = connections();
    links.send(0, sid(0), NOTIFICATION);
    links.send(0, sid(0), vote(1, { electionEpoch: 9 }));
    expect([host.connects.length, links.haveDelivered()]).toEqual([1, false]);
    links.connected(0, lastConnection(host));
    expect(host.sent.map(({ message }) => message)).toEqual([
      { hello: 1, electionPort: 3888 },
      vote(1, { electionEpoch: 9 }),
    ]);
    expect(links.haveDelivered()).toBe(true);
    links.send(0, sid(0), NOTIFICATION);
    expect(host.sent.at(-1)?.message).toBe(NOTIFICATION);
  });

  it("closes its own connection to a larger id after the hello, and uses the one that the peer opens", () => {
    const { host, links } = connections();
    links.send(0, sid(2), NOTIFICATION);
    links.connected(0, lastConnection(host));
    expect(host.closed).toEqual([lastConnection(host)]);
    links.accepted(asConnectionId(900));
    expect(links.received(0, asConnectionId(900), { hello: sid(2) })).toBeUndefined();
    expect(host.sent.at(-1)).toEqual({ connection: 900, message: NOTIFICATION });
    expect(links.received(0, asConnectionId(900), NOTIFICATION)).toBe(2);
  });

  it("closes a connection that does not open within cnxTimeout, and keeps a younger one", () => {
    const { host, links } = connections();
    links.send(0, sid(0), NOTIFICATION);
    const first = lastConnection(host);
    links.send(1_000_000, sid(2), NOTIFICATION);
    links.dialTimeout(5_000_000);
    expect(host.closed).toEqual([first]);
    links.dialTimeout(6_000_000);
    expect(host.closed).toHaveLength(2);
    links.dialTimeout(9_000_000);
    links.connectAll(9_000_000);
    expect(host.connects).toHaveLength(4);
  });

  it("ignores connections that it does not know, and servers outside its view", () => {
    const { host, links } = connections({ view: [0, 1] });
    const unknown = asConnectionId(77);
    links.connected(0, unknown);
    links.closed(0, unknown);
    links.send(0, sid(2), NOTIFICATION);
    expect(links.received(0, unknown, NOTIFICATION)).toBeUndefined();
    expect([host.connects, host.sent, links.owns(unknown)]).toEqual([[], [], false]);
  });

  it.each([
    ["from 3.5 on, connects to the address in the hello", "3.5.5", 3888, 1],
    ["connects to no server without an address", "3.5.5", undefined, 0],
    ["in 3.4, connects to no server", "3.4.14", 3888, 0],
  ] as const)(
    "a server outside its view with a smaller id: closes the connection; %s",
    (_, release, electionPort, count) => {
      const { host, links } = connections({ view: [1, 2], release });
      links.accepted(asConnectionId(900));
      const hello = electionPort === undefined ? { hello: sid(0) } : { hello: sid(0), electionPort };
      expect(links.received(0, asConnectionId(900), hello)).toBeUndefined();
      expect([host.closed, host.connects.map(({ to }) => to)]).toEqual([[900], Array(count).fill(0)]);
      links.send(0, sid(0), NOTIFICATION);
      expect(host.connects).toHaveLength(count);
    },
  );

  it.each([
    ["3.5.5", [3888, 7]],
    ["3.5.8", [3888]],
    ["3.9.5", [3888]],
    ["patched", [3888, 7]],
  ])("in %s, dials ports %j of a server whose changed port is pending, and all are refused", (release, ports) => {
    const { host, links } = connections({ release, settings: { reconfigEnabled: true } });
    const moved = { quorum: 2888, election: 7, client: 2181 };
    host.peer.configurations.see(withPorts(majority([0, 1, 2].map(sid), [], 5), new Map([[sid(0), moved]])));
    links.send(0, sid(0), NOTIFICATION);
    for (let tries = 0; tries < 3; tries++) links.closed(0, lastConnection(host));
    expect(host.connects.map(({ number }) => number)).toEqual(ports);
  });

  it("accepts the connection of a server outside its view with a larger id, and sends on it", () => {
    const { host, links } = connections({ view: [0, 1] });
    links.accepted(asConnectionId(900));
    links.received(0, asConnectionId(900), { hello: sid(2) });
    links.send(0, sid(2), NOTIFICATION);
    expect(host.sent).toEqual([{ connection: 900, message: NOTIFICATION }]);
  });

  it("closes an accepted connection that ends before its hello", () => {
    const { links } = connections();
    links.accepted(asConnectionId(900));
    links.closed(0, asConnectionId(900));
    expect(links.owns(asConnectionId(900))).toBe(false);
  });

  it("with datagrams, opens no connections, and counts every message as delivered", () => {
    const { host, links } = connections({ settings: { electionTransport: "datagram" } });
    links.send(0, sid(0), NOTIFICATION);
    expect([host.connects, links.haveDelivered()]).toEqual([[], true]);
  });

  it("in releases that connect in turn, delays all messages while one connection is being opened", () => {
    const { host, links } = connections({ release: "3.6.0" });
    links.send(0, sid(0), NOTIFICATION);
    links.send(0, sid(2), NOTIFICATION);
    links.connectAll(0);
    expect(host.connects.map(({ to }) => to)).toEqual([0]);
    links.closed(0, lastConnection(host));
    expect(host.connects.map(({ to }) => to)).toEqual([0, 2]);
  });

  it("in releases that connect in turn, a delayed attempt to connect has no effect once the peer has connected", () => {
    const { host, links } = connections({ release: "3.6.0" });
    for (const peer of [0, 2]) links.send(0, sid(peer), NOTIFICATION);
    links.connectAll(0);
    links.accepted(asConnectionId(900));
    links.received(0, asConnectionId(900), { hello: sid(2) });
    links.closed(0, lastConnection(host));
    expect(host.sent).toEqual([{ connection: 900, message: NOTIFICATION }]);
    links.closed(0, lastConnection(host));
    expect(host.sent).toHaveLength(1);
    expect(host.connects.map(({ to }) => to)).toEqual([0, 0]);
  });
});
