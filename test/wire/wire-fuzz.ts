/**
 * Mutated packets, snapshots and election messages against the decoders (npm run fuzz:wire). The same seed gives the
 * same inputs.
 */
import fc from "fast-check";
import { SNAP } from "../../protocol/packets.ts";
import {
  decodeNotification,
  decodePayload,
  type ElectionEvent,
  encodeHello,
  encodeNotification,
  encodePayload,
  encodeQuorumPacket,
  encodeSnapshotStream,
  frameNotification,
  type QuorumEvent,
  type QuorumPacket,
  type QuorumSender,
  type WireNotification,
  type WireRules,
  wireRulesOf,
} from "../../wire/index.ts";
import { random } from "../formats/random.ts";
import { hello, message, notification, snapshot } from "./arbitraries.ts";
import { concat, cut, electionEvents, quorumEvents } from "./streams.ts";

const RELEASES = ["3.4.14", "3.5.5", "3.5.10", "3.6.4", "3.9.5"];
const SAMPLES = 200;
const MESSAGES_MAX = 8;
/** Every input of this number is decoded a second time, in other cuts. */
const CUT_EVERY = 8;
/** Numbers at which lengths, counts and versions change their meaning. */
const WORDS = [-1, -2, 0, 1, 0x7fff_ffff, -0x8000_0000, 0xfffff, 0x10_0000, 524_288, 524_289, 2048, 2049, -65_536, 28];

type Random = (n: number) => number;
type Connection = "leader" | "learner" | "opener" | "acceptor";
const CONNECTIONS: readonly Connection[] = ["leader", "learner", "opener", "acceptor"];

/** The messages of one release that inputs are made of, for each side of each connection. */
interface Corpus {
  readonly rules: WireRules;
  readonly messages: Readonly<Record<Connection, readonly Message[]>>;
}

/** Returns the bytes of a message. Half of the time, its content is changed and its lengths are right. */
type Message = (draw: Random) => Uint8Array;

/** One input. */
export interface FuzzInput {
  readonly release: string;
  readonly connection: Connection;
  /** The bytes in hex, for a message about a failure. */
  readonly bytes: Uint8Array;
  /** The number of messages in it. */
  readonly messages: number;
}

/** What the decoders made of the inputs. */
export interface FuzzTotals {
  packets: number;
  decoded: number;
  malformed: number;
  dropped: number;
  unreadablePayloads: number;
  snapshots: number;
}

/** Returns totals without any input. */
export function noTotals(): FuzzTotals {
  return { packets: 0, decoded: 0, malformed: 0, dropped: 0, unreadablePayloads: 0, snapshots: 0 };
}

/** Makes inputs and checks them. */
export class WireFuzzer {
  private readonly corpora: ReadonlyMap<string, Corpus> = new Map(RELEASES.map((one) => [one, corpusOf(one)]));

  /**
   * Checks inputs until they have this number of messages. Adds to `totals`. Calls `onInput` before each input. Throws
   * if a decoder throws, or if two ways to decode give different messages.
   */
  run(seed: number, packets: number, totals: FuzzTotals, onInput: (input: FuzzInput) => void = () => {}): void {
    const draw = random(seed);
    for (let left = packets, i = 0; left > 0; i++) {
      const input = this.draw(draw, Math.min(left, MESSAGES_MAX));
      onInput(input);
      this.check(input, draw, i % CUT_EVERY === 0, totals);
      left -= input.messages;
      totals.packets += input.messages;
    }
  }

  private draw(draw: Random, messagesMax: number): FuzzInput {
    const release = RELEASES[draw(RELEASES.length)] as string;
    const connection = CONNECTIONS[draw(CONNECTIONS.length)] as Connection;
    const all = (this.corpora.get(release) as Corpus).messages;
    const messages = 1 + draw(messagesMax);
    const parts = Array.from({ length: messages }, (_, i) => {
      const pool = connection === "opener" && i > 0 ? all.acceptor : all[connection];
      return (pool[draw(pool.length)] as Message)(draw);
    });
    return { release, connection, messages, bytes: mutated(concat(parts), draw) };
  }

  private check({ bytes, connection, release }: FuzzInput, draw: Random, isCut: boolean, totals: FuzzTotals): void {
    const { rules } = this.corpora.get(release) as Corpus;
    const events = decode([bytes], connection, rules);
    for (const event of events) count(event, connection, rules, totals);
    if (!isCut) return;
    const positions = Array.from({ length: 1 + draw(12) }, () => draw(bytes.length + 1));
    const again = decode(cut(bytes, positions), connection, rules);
    if (textOf(again) !== textOf(events)) throw new Error(`other messages with cuts at ${positions.join()}`);
  }
}

function decode(
  chunks: readonly Uint8Array[],
  connection: Connection,
  rules: WireRules,
): readonly (QuorumEvent | ElectionEvent)[] {
  if (connection === "leader" || connection === "learner") return quorumEvents(chunks, connection, rules);
  return electionEvents(chunks, connection === "opener", rules);
}

function count(event: QuorumEvent | ElectionEvent, connection: Connection, rules: WireRules, totals: FuzzTotals): void {
  if (event.kind === "malformed") totals.malformed++;
  else if (event.kind === "dropped") totals.dropped++;
  else totals.decoded++;
  if (event.kind === "snapshot") totals.snapshots++;
  if (event.kind === "notification") checkNotification(event.notification, rules);
  if (event.kind === "packet" && !checkPacket(event.packet, connection as QuorumSender, rules)) {
    totals.unreadablePayloads++;
  }
}

/** Checks that a packet that was read has a payload that is read from its own bytes. Returns whether it is readable. */
function checkPacket(packet: QuorumPacket, sender: QuorumSender, rules: WireRules): boolean {
  const size = encodeQuorumPacket(packet).length;
  if (size < 20 + (packet.data?.length ?? 0)) throw new Error(`a packet of ${size} bytes`);
  const payload = decodePayload(packet, sender, rules);
  if (payload.kind === "malformed") return false;
  const data = encodePayload(payload);
  const again = decodePayload({ ...packet, data }, sender, rules);
  if (data?.length !== packet.data?.length || again.kind !== payload.kind) throw new Error(`another ${payload.kind}`);
  return true;
}

function checkNotification(notification: WireNotification, rules: WireRules): void {
  const again = decodeNotification(encodeNotification(notification), rules);
  if (!("format" in again) || again.format !== notification.format) throw new Error(`another ${notification.format}`);
}

/** Long numbers have no JSON of their own. */
function textOf(events: readonly (QuorumEvent | ElectionEvent)[]): string {
  return JSON.stringify(events, (_key, value: unknown) => {
    if (typeof value === "bigint") return `${value}n`;
    return value instanceof Uint8Array
      ? Buffer.from(value.buffer, value.byteOffset, value.length).toString("hex")
      : value;
  });
}

/** Changes bytes in one to three places. */
export function mutated(bytes: Uint8Array, draw: Random): Uint8Array {
  let result = bytes;
  for (let left = 1 + draw(3); left > 0; left--) result = (MUTATIONS[draw(MUTATIONS.length)] as Mutation)(result, draw);
  return result;
}

type Mutation = (bytes: Uint8Array, draw: Random) => Uint8Array;

const setWord: Mutation = (bytes, draw) => {
  if (bytes.length < 4) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setInt32(draw(bytes.length - 3), WORDS[draw(WORDS.length)] as number);
  return bytes;
};

const MUTATIONS: readonly Mutation[] = [
  (bytes) => bytes,
  setWord,
  setWord,
  (bytes, draw) => {
    if (bytes.length > 0) bytes[draw(bytes.length)] = draw(256);
    return bytes;
  },
  (bytes, draw) => {
    const at = draw(bytes.length + 1);
    if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << draw(8));
    return bytes;
  },
  (bytes, draw) => bytes.slice(0, draw(bytes.length + 1)),
  (bytes, draw) => {
    const at = draw(bytes.length + 1);
    return concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + draw(8)))]);
  },
  (bytes, draw) => {
    const at = draw(bytes.length + 1);
    const from = draw(bytes.length + 1);
    return concat([bytes.subarray(0, at), bytes.subarray(from, from + draw(32)), bytes.subarray(at)]);
  },
];

function corpusOf(release: string): Corpus {
  const rules = wireRulesOf(release);
  const sample = <T>(arbitrary: fc.Arbitrary<T>): T[] => fc.sample(arbitrary, { seed: 1, numRuns: SAMPLES });
  const drawn = sample(message(rules));
  const packetsFrom = (sender: QuorumSender): Message[] =>
    drawn.filter((one) => one.sender === sender).map(({ packet }) => packetMessage(packet));
  const snap = encodeQuorumPacket({ type: SNAP, zxid: 7n, data: null, authinfo: null });
  const snapshots = sample(snapshot)
    .slice(0, SAMPLES / 4)
    .map((one) => concat([snap, ...encodeSnapshotStream(one)]));
  return {
    rules,
    messages: {
      leader: [...packetsFrom("leader"), ...snapshots.map((stream) => () => stream)],
      learner: packetsFrom("learner"),
      opener: sample(hello(rules))
        .map(encodeHello)
        .map((first) => () => first),
      acceptor: sample(notification(rules)).map(notificationMessage),
    },
  };
}

function packetMessage(packet: QuorumPacket): Message {
  return (draw) => {
    const { data } = packet;
    if (data === null || draw(2) === 0) return encodeQuorumPacket(packet);
    return encodeQuorumPacket({ ...packet, data: mutated(data.slice(), draw) });
  };
}

function notificationMessage(notification: WireNotification): Message {
  return (draw) => {
    const bytes = encodeNotification(notification);
    return frameNotification(draw(2) === 0 ? bytes : mutated(bytes, draw));
  };
}
