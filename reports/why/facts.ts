/**
 * Facts about a run at the time of a violation, such as `server 2 has 1:4` or `server 3 delivered 1:5 first`. Each fact
 * has the chain of causes that led to it.
 */
import type { ProtocolRecord } from "../../cluster/records.ts";
import type { Violation } from "../../invariants/violation.ts";
import { type ServerId, serverIdsOf, type Zxid } from "../../protocol/zxid.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { describeRecord, quorumsText } from "../describe.ts";
import { AnomalyFacts } from "./anomaly-facts.ts";
import { type Cause, listOf } from "./causes.ts";
import { ConfigFacts } from "./config-facts.ts";
import { EstablishmentFacts } from "./establishment-facts.ts";
import { HistoryFacts } from "./history-facts.ts";
import { MemoryFacts } from "./memory-facts.ts";
import { type Fact, type FactZxid, Moment } from "./moment.ts";
import type { TransactionLife } from "./transaction-life.ts";

export class FactFinder {
  readonly anomalies: AnomalyFacts;
  readonly configs: ConfigFacts;
  readonly establishments: EstablishmentFacts;
  readonly memory: MemoryFacts;
  private readonly moment: Moment;
  private readonly histories: HistoryFacts;

  constructor(run: ScenarioRun, violation: Violation) {
    this.moment = new Moment(run, violation);
    this.histories = new HistoryFacts(this.moment);
    this.anomalies = new AnomalyFacts(this.moment);
    this.configs = new ConfigFacts(this.moment);
    this.establishments = new EstablishmentFacts(this.moment, this.histories);
    this.memory = new MemoryFacts(this.moment, this.histories);
  }

  /** Builds the fact `server 2 has 1:4`. Its causes say how the server got the transaction. */
  has(server: ServerId, zxid: FactZxid, place = ""): Fact {
    return this.histories.has(server, zxid, place);
  }

  /** Builds the fact `server 2 never had 1:4`, or a fact that says how the server lost the transaction. */
  lacks(server: ServerId, zxid: FactZxid): Fact {
    return this.histories.lacks(server, zxid);
  }

  delivers(server: ServerId, zxid: FactZxid): Fact {
    const life = this.moment.life(zxid);
    const delivered = life.at(server, this.moment.until).findLast(({ kind }) => kind === "delivered");
    if (delivered === undefined) return this.histories.has(server, zxid);
    const text = `server ${server} delivers ${life.name}`;
    return { text, atUs: delivered.atUs, causes: this.moment.chain(delivered, life) };
  }

  /** Builds the fact `server 2 commits 1:4`, about a leader. */
  commit(leader: ServerId, zxid: FactZxid): Fact {
    const life = this.moment.life(zxid);
    const committed = life.events.find(({ kind, server }) => kind === "committed" && server === leader);
    const causes = committed === undefined ? [] : this.moment.chain(committed, life);
    const record = committed && this.moment.run.records[committed.index];
    const quorums = record?.event === "committed" ? quorumsText(record) : "";
    return { text: `server ${leader} commits ${life.name}${quorums}`, atUs: committed?.atUs, causes };
  }

  /**
   * Builds the fact that a voter outside `holders` does not have a transaction. Prefers a voter that has lost the
   * transaction.
   */
  lostOutside(holders: readonly ServerId[], zxid: FactZxid): Fact {
    const { run, until } = this.moment;
    const { servers } = run.scenario;
    const others = serverIdsOf(servers).filter((sid) => servers[sid]?.role !== "observer" && !holders.includes(sid));
    const life = this.moment.life(zxid);
    const loser = others.find((sid) => life.lost(sid, until) !== undefined) ?? others[0];
    return loser === undefined ? this.noProposal(zxid) : this.lacks(loser, zxid);
  }

  /**
   * Builds the fact about the server that first delivered a transaction, or that first began to serve with the
   * transaction in its history.
   */
  firstDelivery(zxid: FactZxid): Fact {
    const life = this.moment.life(zxid);
    const delivered = life.events.find(({ kind }) => kind === "delivered");
    const serving = this.firstServerWith(life);
    if (delivered !== undefined && (serving === undefined || delivered.atUs <= serving.atUs)) {
      const text = `server ${delivered.server} delivered ${life.name} first`;
      return { text, atUs: delivered.atUs, causes: this.moment.chain(delivered, life) };
    }
    if (serving === undefined) {
      const before: Cause = {
        text: `clients may have read ${life.name} before the run`,
        atUs: undefined,
        isRoot: true,
      };
      return { text: `${life.name} is committed`, atUs: undefined, causes: [before] };
    }
    const gained = life.gained(serving.server, this.moment.run.records.indexOf(serving));
    const text = `server ${serving.server} began to serve with ${life.name}`;
    return { text, atUs: serving.atUs, causes: gained === undefined ? [] : this.histories.gain(life, gained) };
  }

  proposal(zxid: FactZxid): Fact {
    const life = this.moment.life(zxid);
    const proposed = life.events.find(({ kind }) => kind === "proposed");
    if (proposed === undefined) {
      return { text: `a primary broadcast ${life.name} before the run`, atUs: undefined, causes: [] };
    }
    const text = `server ${proposed.server} proposed ${life.name}`;
    return { text, atUs: proposed.atUs, causes: this.moment.chain(proposed, life) };
  }

  /**
   * Builds the fact `no primary broadcast 1:4`. If a server proposed a transaction with the same zxid but another
   * value, returns the fact about that proposal instead.
   */
  noProposal(zxid: FactZxid): Fact {
    const life = this.moment.life(zxid);
    if (life.events.some(({ kind }) => kind === "proposed")) return this.proposal(zxid);
    const text = `no primary broadcast ${life.name}, and no disk held it before the run`;
    return { text, atUs: undefined, causes: [] };
  }

  /** Builds the fact about the state and phase of a server. Its time is the moment at which the server entered them. */
  state(server: ServerId): Fact {
    const role = this.moment.run.records.findLast(
      (one) => one.server === server && "phase" in one && one.atUs <= this.moment.atUs,
    );
    if (role === undefined) return { text: `server ${server} was not running`, atUs: undefined, causes: [] };
    const cause =
      this.moment.finder.decision(server, this.moment.atUs) ?? this.moment.finder.election(server, this.moment.atUs);
    return { text: `server ${server} ${describeRecord(role)} since`, atUs: role.atUs, causes: listOf(cause) };
  }

  /** Returns whether a server lacks a transaction at the time of the violation. */
  isMissing(server: ServerId, zxid: Zxid): boolean {
    return this.moment.life(zxid).gained(server, this.moment.until) === undefined;
  }

  /**
   * Returns another server whose history contradicts that of `server`. Prefers a server that has `there` and lacks
   * `here`.
   */
  opponentOf(server: ServerId, here: FactZxid, there: FactZxid): ServerId {
    const has = (sid: ServerId, zxid: FactZxid): boolean =>
      this.moment.life(zxid).gained(sid, this.moment.until) !== undefined;
    const others = this.moment.run.servers.map(({ sid }) => sid).filter((sid) => sid !== server);
    const holders = there === undefined ? others : others.filter((sid) => has(sid, there));
    return holders.find((sid) => !has(sid, here)) ?? holders[0] ?? server;
  }

  private firstServerWith(life: TransactionLife): ProtocolRecord | undefined {
    return this.moment.run.records.find(
      ({ event, server }, index) =>
        index <= this.moment.until &&
        (event === "established" || event === "active") &&
        life.gained(server, index) !== undefined,
    );
  }
}
