/**
 * The connection of a learner to its learner master (Learner#connectToLeader, LeaderConnector): up to five tries with a
 * pause between them, in most releases within initLimit or connectToLearnerMasterLimit. Not modeled: several addresses
 * of one server.
 */
import type { Behavior } from "../behavior.ts";
import { type ConnectionId, type Effects, NO_CONNECTION, type Port, QUORUM_PORT, TIMER_CONNECT } from "../effects.ts";
import { limitText, type Settings, type TickLimit } from "../settings.ts";
import type { ServerId } from "../zxid.ts";

const MAX_TRIES = 5;

/** The pause in releases without leaderConnectDelayDuringRetryMs. */
const LONG_PAUSE_US = 1_000_000;

export class LeaderConnector {
  tries = 0;
  /** The connection being opened; NO_CONNECTION between two tries. */
  connection: ConnectionId = NO_CONNECTION;

  private readonly effects: Effects;
  private readonly leader: ServerId;
  private readonly port: Port;
  private readonly portNumber: number | undefined;
  private readonly pauseUs: number;
  /** The time limit of one try. */
  private readonly tryUs: number;
  /** The time at which the limit for all tries expires. */
  private readonly untilUs: number;
  private readonly limit: TickLimit;
  private readonly settings: Settings;

  constructor(
    effects: Effects,
    settings: Settings,
    behavior: Behavior,
    leader: ServerId,
    nowUs: number,
    port: Port = QUORUM_PORT,
    portNumber?: number,
  ) {
    const { connectToLearnerMasterLimit, initLimit, leaderConnectDelayDuringRetryMs, syncLimit, tickTimeMs } = settings;
    this.effects = effects;
    this.leader = leader;
    this.port = port;
    this.portNumber = portNumber;
    this.pauseUs = behavior.shortConnectPause ? leaderConnectDelayDuringRetryMs * 1000 : LONG_PAUSE_US;
    this.tryUs = behavior.shortConnectPause ? Number.POSITIVE_INFINITY : syncLimit * tickTimeMs * 1000;
    this.settings = settings;
    this.limit =
      behavior.shortConnectPause && connectToLearnerMasterLimit > 0 ? "connectToLearnerMasterLimit" : "initLimit";
    const limit = this.limit === "initLimit" ? initLimit : connectToLearnerMasterLimit;
    this.untilUs = behavior.connectsWithinInitLimit ? nowUs + limit * tickTimeMs * 1000 : Number.POSITIVE_INFINITY;
  }

  connect(nowUs: number): void {
    this.connection = this.effects.connect(this.leader, this.port, this.portNumber);
    this.effects.setTimer(TIMER_CONNECT, Math.min(this.tryUs, this.untilUs - nowUs));
  }

  /**
   * Handles TIMER_CONNECT: starts the next try after a pause, or handles a try that has timed out. Returns false if
   * that was the last try.
   */
  timeout(nowUs: number): boolean {
    if (this.connection === NO_CONNECTION) {
      this.connect(nowUs);
      return true;
    }
    this.effects.close(this.connection);
    return this.failed(nowUs);
  }

  /** Handles a failed try. Returns false if that was the last try. */
  failed(nowUs: number): boolean {
    this.connection = NO_CONNECTION;
    this.tries++;
    if (this.tries >= MAX_TRIES || this.untilUs - nowUs <= this.pauseUs) return false;
    this.effects.setTimer(TIMER_CONNECT, this.pauseUs);
    return true;
  }

  /** Says which limit ended the tries: `in 3 tries within initLimit (10 ticks of 2000 ms = 20 s)`. */
  get limitsText(): string {
    const tries = `in ${this.tries} ${this.tries === 1 ? "try" : "tries"}`;
    if (this.tries < MAX_TRIES) return `${tries} within ${limitText(this.limit, this.settings)}`;
    return this.tryUs < Number.POSITIVE_INFINITY
      ? `${tries}, the maximum; each try lasts at most ${limitText("syncLimit", this.settings)}`
      : `${tries}, the maximum`;
  }

  stop(): void {
    this.effects.cancelTimer(TIMER_CONNECT);
  }
}
