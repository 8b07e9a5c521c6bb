/**
 * The state of each server after each moment, as far as the logs show it: the role and the phase for the line of the
 * server, and rows of text for its card.
 */
import type { LoggedEvent, LoggedSettings } from "../../logs/index.ts";
import { formatZxid64 } from "../../protocol/zxid.ts";
import type { Ensemble, ExplainedHandshake } from "../ensemble.ts";
import type { RolePeriod } from "../history.ts";
import { NO_VOTE } from "../joins.ts";
import { type Moment, phaseIn } from "./moment.ts";
import type { Moments } from "./moment-messages.ts";
import { type MomentFacts, packetText } from "./moment-texts.ts";

/** The roles and the phases, in the order of ZooKeeper's ServerState and ZabState. */
export const ROLES = ["LOOKING", "FOLLOWING", "LEADING", "OBSERVING"] as const;
export const PHASES = ["ELECTION", "DISCOVERY", "SYNCHRONIZATION", "BROADCAST"] as const;

/** What a moment changes about one server. A field that is absent stays as it is. */
export interface ServerChange {
  readonly server: number;
  /** Whether the process runs. */
  readonly isUp?: boolean;
  /** The index in ROLES. */
  readonly role?: number;
  /** The index in PHASES. */
  readonly phase?: number;
  /** Rows of the card: a text, or null if the row disappears. */
  readonly rows?: Readonly<Record<string, string | null>>;
}

type Rows = Record<string, string | null>;
const DISCOVERY = 1;
const SYNCHRONIZATION = 2;
const BROADCAST = 3;

/** The rows that only one role or one election has. */
const ROWS_OF_ROLE = ["vote", "votes heard", "leader", "synchronization", "learners", "ACKs of NEWLEADER"];

/** Follows the states of all servers from moment to moment. */
export class ServerStates {
  private readonly moments: Moments;
  private readonly periods = new Map<number, RolePeriod>();
  private readonly lists = new Map<string, Map<number, string>>();
  /** The learners of 3.4, which log no UPTODATE, by the leader's moment after which they serve. */
  private readonly servingAt = new Map<Moment, ExplainedHandshake[]>();

  constructor({ handshakes }: Ensemble, moments: Moments) {
    this.moments = moments;
    for (const handshake of handshakes) {
      const moment = this.servingMoment(handshake);
      if (moment !== undefined) this.servingAt.set(moment, [...(this.servingAt.get(moment) ?? []), handshake]);
    }
  }

  /** Returns the moment from which on a learner serves, if no line of its own shows it. */
  private servingMoment({ leaderSide, learnerSide }: ExplainedHandshake): Moment | undefined {
    if (learnerSide === undefined) return undefined;
    if (learnerSide.upToDateMs !== undefined || learnerSide.period.servingMs !== undefined) return undefined;
    if (learnerSide.period.phases.length > 0) return undefined;
    if (leaderSide === undefined) return this.moments.at(learnerSide.at);
    const established = this.moments.at(leaderSide.period.established);
    const acked = this.moments
      .ofPeriod(leaderSide.period)
      .find(({ logged }) => logged?.event === "newleader-acked" && logged.fields.sid === leaderSide.learner);
    if (acked === undefined || established === undefined) return undefined;
    return acked.timeMs > established.timeMs ? acked : established;
  }

  /** Returns what a moment changes. */
  changesIn(moment: Moment, facts: MomentFacts): readonly ServerChange[] {
    const { server } = moment;
    const own = this.ownChange(moment, facts);
    const serving = (this.servingAt.get(moment) ?? []).map(
      ({ epoch, learner }): ServerChange => ({ server: learner, phase: BROADCAST, rows: epochRow(epoch) }),
    );
    return own === undefined ? serving : [{ ...own, server }, ...serving];
  }

  private ownChange(moment: Moment, facts: MomentFacts): Omit<ServerChange, "server"> | undefined {
    const { logged, name, server } = moment;
    if (name === "started") {
      return { isUp: true, role: 0, phase: 0, rows: { ...this.cleared(server), ...processRows(facts) } };
    }
    if (name === "ended") return { isUp: false, rows: this.cleared(server) };
    switch (logged?.event) {
      case "looking":
      case "election-started":
        this.periods.delete(server);
        return { isUp: true, role: 0, phase: 0, rows: { ...this.cleared(server), ...electionRows(moment) } };
      case "leading":
      case "following":
      case "observing":
        return this.roleChange(moment, facts);
      case "notification":
        return { rows: this.voteRows(server, logged) };
      case "state-changed": {
        const phase = PHASES.findIndex((one) => one.toLowerCase() === phaseIn(logged.fields.state));
        const isServing = phase === BROADCAST;
        return phase < 0 ? undefined : { phase, ...(isServing && { rows: epochRow(this.periods.get(server)?.epoch) }) };
      }
      default:
        return logged && this.syncChange(moment, logged, facts);
    }
  }

  private roleChange({ name, server }: Moment, { period }: MomentFacts): Omit<ServerChange, "server"> {
    if (period !== undefined) this.periods.set(server, period);
    const leader = period?.leader === undefined ? "not logged" : String(period.leader);
    this.lists.delete(`${server} learners`);
    return {
      ...{ isUp: true, role: ROLES.indexOf(name.toUpperCase() as (typeof ROLES)[number]), phase: DISCOVERY },
      rows: { "votes heard": null, ...(name === "leading" ? {} : { leader }) },
    };
  }

  /** Changes of a synchronization. Before 3.5.9, no line names the phases, so these lines show them. */
  private syncChange({ server }: Moment, logged: LoggedEvent, facts: MomentFacts) {
    const hasPhases = (this.periods.get(server)?.phases.length ?? 0) > 0;
    const inPhase = (phase: number): { readonly phase?: number } => (hasPhases ? {} : { phase });
    switch (logged.event) {
      case "learner-registered":
        return { rows: this.listRow(server, "learners", logged.fields.sid, "(registered)") };
      case "sync-started": {
        const packet = packetText(facts.handshake);
        const phase = this.periods.get(server)?.role === "LEADING" ? inPhase(SYNCHRONIZATION) : {};
        const isEstablished = this.isEstablished.has(server);
        return {
          ...(isEstablished ? {} : phase),
          rows: this.listRow(server, "learners", logged.fields.sid, `(${packet})`),
        };
      }
      case "newleader-acked":
        return { rows: this.listRow(server, "learners", logged.fields.sid, "(ACK of NEWLEADER)") };
      case "established":
        this.isEstablished.add(server);
        return {
          ...inPhase(BROADCAST),
          rows: {
            ...epochRow(Number(logged.fields.zxid >> 32n)),
            "ACKs of NEWLEADER": logged.fields.supporters.join(", "),
          },
        };
      case "got-diff":
      case "got-snap":
      case "got-trunc":
        return { ...inPhase(SYNCHRONIZATION), rows: { synchronization: packetOf(logged) } };
      case "newleader-received":
        return { rows: { synchronization: "NEWLEADER has arrived" } };
      case "uptodate-received":
        return {
          ...inPhase(BROADCAST),
          rows: { synchronization: "UPTODATE has arrived", ...epochRow(this.periods.get(server)?.epoch) },
        };
      case "current-epoch-set":
        return { rows: epochRow(logged.fields.epoch) };
      case "snapshot-taken":
        return { rows: { "last snapshot": formatZxid64(logged.fields.zxid) } };
      default:
        return undefined;
    }
  }

  private readonly isEstablished = new Set<number>();

  private voteRows(server: number, { fields }: LoggedEvent & { readonly event: "notification" }): Rows {
    const { leader, myState, peerEpoch, round, sid, zxid } = fields;
    const vote = `${leader} (zxid ${formatZxid64(zxid)}, epoch ${peerEpoch}, round ${round})`;
    if (sid === server) return { vote };
    return myState === "LOOKING" ? this.listRow(server, "votes heard", sid, `for ${vote}`) : {};
  }

  /** Sets the text of one server in a row that lists servers. */
  private listRow(server: number, row: string, sid: number, text: string): Rows {
    const key = `${server} ${row}`;
    const list = this.lists.get(key) ?? new Map<number, string>();
    this.lists.set(key, list.set(sid, text));
    const sorted = [...list].sort(([a], [b]) => a - b);
    return { [row]: sorted.map(([id, one]) => `${id} ${one}`).join("; ") };
  }

  private cleared(server: number): Rows {
    this.isEstablished.delete(server);
    for (const row of ROWS_OF_ROLE) this.lists.delete(`${server} ${row}`);
    return Object.fromEntries(ROWS_OF_ROLE.map((row) => [row, null]));
  }
}

function epochRow(epoch: number | undefined): Rows {
  return epoch === undefined ? {} : { epoch: String(epoch) };
}

function electionRows({ logged }: Moment): Rows {
  if (logged?.event !== "election-started") return {};
  const { zxid } = logged.fields;
  return { "last zxid": zxid === NO_VOTE ? "not logged" : formatZxid64(zxid) };
}

function packetOf(logged: LoggedEvent & { readonly event: "got-diff" | "got-snap" | "got-trunc" }): string {
  const { zxid } = logged.fields;
  const name = logged.event.slice("got-".length).toUpperCase();
  return `${name}${zxid === undefined ? "" : ` ${formatZxid64(zxid)}`} has arrived`;
}

const SETTING_NAMES: readonly (readonly [name: keyof LoggedSettings, text: string, unit: string])[] = [
  ["tickTimeMs", "tickTime", " ms"],
  ["initLimit", "initLimit", ""],
  ["syncLimit", "syncLimit", ""],
  ["connectToLearnerMasterLimit", "connectToLearnerMasterLimit", ""],
  ["snapshotSizeFactor", "snapshotSizeFactor", ""],
  ["commitLogCount", "commitLogCount", ""],
];

function processRows({ process }: MomentFacts): Rows {
  if (process === undefined) return {};
  const { loadedZxid, missingEpochFiles, release, settings } = process;
  const shown = SETTING_NAMES.filter(([name]) => settings[name] !== undefined);
  return {
    release: release ?? "not logged",
    settings: shown.map(([name, text, unit]) => `${text} ${settings[name]}${unit}`).join(", ") || null,
    epoch: missingEpochFiles.length > 1 ? "none: version-2 is empty" : null,
    "last zxid": loadedZxid === undefined ? null : formatZxid64(loadedZxid),
  };
}
