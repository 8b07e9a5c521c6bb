/** Mutated first messages for the ports of a server: handshakes of learners, and votes. */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ACKEPOCH, FOLLOWERINFO, OBSERVERINFO } from "../../protocol/index.ts";
import {
  encodeHello,
  encodeNotification,
  encodePayload,
  encodeQuorumPacket,
  frameNotification,
  HELLO_VERSION_1,
  makeHello,
} from "../../wire/index.ts";
import { random } from "../formats/random.ts";
import { concat } from "../wire/streams.ts";
import { mutated } from "../wire/wire-fuzz.ts";

const NO_BYTES = new Uint8Array(0);
/** Ids outside of the ensemble, so that a test can tell a packet of these clients from one of a server. */
const FOREIGN_IDS = [99n, 1000n, -1n, 0x7fff_ffff_ffff_ffffn];
const IDS = [1n, 2n, 3n, 4n, ...FOREIGN_IDS];
/** How long a connection waits for the end by the server. */
const ANSWER_MS = 50;
const SENDERS = 8;

type Draw = (n: number) => number;

function oneOf<Item>(items: readonly Item[], draw: Draw): Item {
  return items[draw(items.length)] as Item;
}

/** Returns a mutated FOLLOWERINFO or OBSERVERINFO, sometimes with ACKEPOCH. */
function handshake(draw: Draw): Uint8Array {
  const info = { protocolVersion: oneOf([1, 0x10000, -1], draw), configVersion: BigInt(draw(3)), rest: NO_BYTES };
  const data = encodePayload({ kind: "learner-info", serverId: oneOf(FOREIGN_IDS, draw), ...info });
  const packets = [{ type: oneOf([FOLLOWERINFO, OBSERVERINFO], draw), zxid: BigInt(draw(9)) << 32n, data }];
  if (draw(2) === 0) {
    const epoch = encodePayload({ kind: "current-epoch", currentEpoch: draw(9) - 1, rest: NO_BYTES });
    packets.push({ type: ACKEPOCH, zxid: BigInt(draw(99)), data: epoch });
  }
  return mutated(concat(packets.map((packet) => encodeQuorumPacket({ ...packet, authinfo: null }))), draw);
}

/** Returns a mutated hello with up to three votes. */
function votes(draw: Draw): Uint8Array {
  const hello = encodeHello(makeHello(HELLO_VERSION_1, oneOf(IDS, draw), [{ host: "127.0.0.1", port: 1 + draw(9) }]));
  const all = Array.from({ length: draw(4) }, () => {
    const vote = { state: draw(5), leader: oneOf(IDS, draw), zxid: BigInt(draw(99)), peerEpoch: BigInt(draw(5)) };
    const rest = { electionEpoch: BigInt(draw(9)), version: draw(3), config: NO_BYTES, rest: NO_BYTES };
    return frameNotification(encodeNotification({ format: "with-config", ...vote, ...rest }));
  });
  return mutated(concat([hello, ...all]), draw);
}

/** Sends `count` mutated messages to each port of a server of 127.0.0.1, each on a connection of its own. */
export async function sendMutated(
  { election, quorum }: { readonly quorum?: number; readonly election: number },
  count: number,
  seed = 1,
): Promise<void> {
  const draw = random(seed);
  const sends = Array.from({ length: count }, () => [
    { port: election, bytes: votes(draw) },
    ...(quorum === undefined ? [] : [{ port: quorum, bytes: handshake(draw) }]),
  ]).flat();
  const waiting = sends.values();
  const sender = async (): Promise<void> => {
    for (const { bytes, port } of waiting) await send(port, bytes);
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
}

/** Connects to a port, sends bytes and waits until the connection has ended or a moment has passed. */
export async function send(port: number, bytes: Uint8Array): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port }, () => socket.write(bytes));
  socket.on("error", () => {});
  await Promise.race([new Promise((done) => socket.on("close", done)), sleep(ANSWER_MS)]);
  socket.destroy();
}
