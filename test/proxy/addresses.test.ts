import { expect, it } from "vitest";
import { decodeText, encodeText } from "../../jute/index.ts";
import { NEWLEADER } from "../../protocol/index.ts";
import { withAddressesFor } from "../../proxy/addresses.ts";
import { readProxyConfig } from "../../proxy/proxy-config.ts";
import { messageReader, type ReadMessage } from "../../traffic/message-reader.ts";
import {
  encodeHello,
  encodeQuorumPacket,
  HELLO_VERSION_1,
  HELLO_VERSION_2,
  makeHello,
  wireRulesOf,
} from "../../wire/index.ts";

const RULES = wireRulesOf("3.9.5");
const SERVERS = readProxyConfig(
  `servers:
  1: { address: "10.0.0.1:2888:3888", proxy: "127.0.0.1:12881:13881" }
  2: { address: "10.0.0.2:2888:3888", proxy: "127.0.0.1:12882:13882" }
  3: { address: "10.0.0.3:2888:3888", proxy: "127.0.0.1:12883:13883" }`,
  "proxy.yaml",
);

/** Returns a message as server 2 gets it from server 1. */
function passed(port: "quorum" | "election", isFromListener: boolean, bytes: Uint8Array): ReadMessage {
  const [message] = messageReader(port, isFromListener, RULES)(bytes) as [ReadMessage];
  withAddressesFor(message, 1, 2, SERVERS, RULES);
  return messageReader(port, isFromListener, RULES)(Buffer.concat(message.bytes))[0] as ReadMessage;
}

it.each([HELLO_VERSION_1, HELLO_VERSION_2])("a hello of version %s names the proxy", (version) => {
  const hello = makeHello(version, 1n, [{ host: "10.0.0.1", port: 3888 }]);
  const { hello: got } = passed("election", false, encodeHello(hello));
  expect(got).toMatchObject({ version, serverId: 1n, addresses: [{ host: "127.0.0.1", port: 13881 }] });
});

it("a hello of 3.4 has no address and stays as it is", () => {
  const hello = encodeHello({ version: undefined, serverId: 1n, addressText: new Uint8Array(0), addresses: [] });
  expect(passed("election", false, hello).bytes).toEqual([hello]);
});

it("NEWLEADER names the sender by the proxy, the receiver by its own address, and others as before", () => {
  const ofSender = [
    "server.1=10.0.0.1:2888:3888:participant;0.0.0.0:2181",
    "server.2=127.0.0.1:12882:13882:participant",
    "server.3=127.0.0.1:12883:13883:observer",
    "version=0",
  ];
  const data = encodeText(ofSender.join("\n"));
  const packet = encodeQuorumPacket({ type: NEWLEADER, zxid: 1n << 32n, data, authinfo: null });
  expect(decodeText(passed("quorum", true, packet).packet?.data as Uint8Array).split("\n")).toEqual([
    "server.1=127.0.0.1:12881:13881:participant;0.0.0.0:2181",
    "server.2=10.0.0.2:2888:3888:participant",
    ...ofSender.slice(2),
  ]);
});
