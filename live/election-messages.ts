/** Translates messages of the election port between values of the core and values of the wire. */
import {
  asEpoch,
  asServerId,
  asZxid,
  type ElectionMessage,
  type Hello,
  MAX_EPOCH,
  MIN_VALUE,
  type Notification,
  type ServerId,
  type ServerState,
} from "../protocol/index.ts";
import {
  encodeHello,
  encodeNotification,
  frameNotification,
  HELLO_VERSION_1,
  makeHello,
  NO_VOTE,
  type WireHello,
  type WireNotification,
  type WireRules,
} from "../wire/index.ts";
import type { Members } from "./members.ts";

const NOTHING = new Uint8Array(0);

/** Translates election messages of one ensemble and one release. */
export class ElectionMessages {
  private readonly rules: WireRules;
  private readonly members: Members;
  private readonly myid: ServerId;
  private readonly ownConfig: () => Uint8Array;

  /** `ownConfig` returns the text of the committed configuration, which notifications contain from 3.5 on. */
  constructor(rules: WireRules, members: Members, myid: ServerId, ownConfig: () => Uint8Array) {
    this.rules = rules;
    this.members = members;
    this.myid = myid;
    this.ownConfig = ownConfig;
  }

  /** Returns the bytes of a hello or of a notification with its length. */
  bytesOf(message: ElectionMessage): Uint8Array {
    if (message instanceof Uint8Array) return frameNotification(message);
    if ("hello" in message) return encodeHello(this.hello(message));
    return frameNotification(encodeNotification(this.notification(message)));
  }

  private hello({ electionPort, hello }: Hello): WireHello {
    const serverId = BigInt(hello);
    if (electionPort === undefined) return { version: undefined, serverId, addressText: NOTHING, addresses: [] };
    const host = this.members.hostOf(this.myid) ?? "127.0.0.1";
    return makeHello(HELLO_VERSION_1, serverId, [{ host, port: electionPort }]);
  }

  private notification({ electionEpoch, leader, peerEpoch, state, version, zxid }: Notification): WireNotification {
    return {
      format: this.rules.notificationHasConfig ? "with-config" : "without-config",
      state,
      leader: longOf(leader),
      zxid: longOf(zxid),
      electionEpoch: BigInt(electionEpoch),
      peerEpoch: longOf(peerEpoch),
      version,
      config: this.rules.notificationHasConfig ? this.ownConfig() : NOTHING,
      rest: NOTHING,
    };
  }

  /** Returns the hello for the core; undefined if the id is none that the core can hold. */
  helloOf({ addresses, serverId }: WireHello): Hello | undefined {
    const hello = Number(serverId);
    if (!Number.isSafeInteger(hello)) return undefined;
    const port = addresses[0]?.port;
    return port === undefined ? { hello: asServerId(hello) } : { hello: asServerId(hello), electionPort: port };
  }

  /** Returns the notification for the core; undefined if its epoch is above the largest that zabsim supports. */
  notificationOf(wire: WireNotification): Notification | undefined {
    const { leader, peerEpoch, state, version, zxid } = wire;
    if (zxid !== NO_VOTE && zxid >> 32n > BigInt(MAX_EPOCH)) return undefined;
    const config = this.members.read(wire.config);
    return {
      state: state as ServerState,
      leader: asServerId(numberOf(leader)),
      zxid: asZxid(numberOf(zxid)),
      electionEpoch: Number(wire.electionEpoch),
      peerEpoch: asEpoch(numberOf(peerEpoch)),
      version,
      ...(config !== undefined && config.version !== 0 && { config }),
    };
  }
}

function longOf(value: number): bigint {
  return value === MIN_VALUE ? NO_VOTE : BigInt(value);
}

function numberOf(value: bigint): number {
  return value === NO_VOTE ? MIN_VALUE : Number(value);
}
