/**
 * Why a run failed: the two facts in conflict, what led to each, and the life of the txn they are about. Needs a run that
 * was traced.
 */

import type { ProtocolRecord } from "../cluster/records.ts";
import type { InvariantId, Violation } from "../invariants/index.ts";
import type { ScenarioRun } from "../scenarios/run.ts";
import { Causes, type Hop } from "./causes.ts";
import { describeRecord } from "./describe.ts";
import { formatMoment, formatZxid, wrap } from "./format.ts";
import { Life, type LifeEvent, lifeText, zxidFrom } from "./life.ts";

const WIDTH = 80;
/** What `1.204310 s` takes at the end of a line, with the space before it. */
const MOMENT = 14;

/** One of the two facts, and the chain of its causes, the nearest first. */
export interface Fact {
  readonly text: string;
  readonly atUs: number | undefined;
  readonly hops: readonly Hop[];
}

export interface Why {
  readonly violation: Violation;
  readonly facts: readonly [Fact, Fact];
  /** The txn that the facts are about. */
  readonly life: Life | undefined;
  /** What was violated besides. */
  readonly also: readonly Violation[];
}

/** Explains the first violation: those behind it follow from it as a rule. Undefined if there is none. */
export function explain(run: ScenarioRun, violation = run.violations[0]): Why | undefined {
  if (violation === undefined) return undefined;
  const facts = FACTS[violation.id](new Teller(run, violation), violation);
  const zxid = subjectOf(violation);
  const life = zxid === undefined ? undefined : new Life(run, zxid);
  return {
    violation,
    facts,
    life: life?.events.length === 0 ? undefined : life,
    also: run.violations.filter((other) => other !== violation),
  };
}

/** The explanation in lines of at most 80 columns; empty if nothing was violated. */
export function whyText(run: ScenarioRun, violation?: Violation): string {
  const why = explain(run, violation);
  if (why === undefined) return "";
  const { id, server, text } = why.violation;
  const lines = hanging(`${id}: server ${server} ${text}`, "", "  ");
  for (const [index, fact] of why.facts.entries()) {
    lines.push("", ...timed(`${index + 1}. ${fact.text}`, "", "   ", fact.atUs));
    for (const hop of fact.hops) lines.push(...hopLines(hop));
  }
  if (why.life !== undefined) {
    lines.push("", `the life of ${why.life.name}`);
    lines.push(
      ...lifeText(why.life, run, lastRecord(run, why.violation)).flatMap((line) => hanging(line, "  ", "    ")),
    );
  }
  if (why.also.length > 0) {
    const also = why.also.map((one) => `${one.id} at server ${one.server}`);
    lines.push("", ...hanging(`then also violated: ${also.join(", ")}`, "", "  "));
  }
  return lines.join("\n");
}

/** The last record that a violation may be explained with. */
function lastRecord(run: ScenarioRun, { atUs }: Violation): number {
  return run.records.findLastIndex((record) => record.atUs <= atUs);
}

function hopLines({ text, atUs }: Hop): string[] {
  return timed(text, "   <- ", "      ", atUs);
}

function timed(text: string, first: string, rest: string, atUs: number | undefined): string[] {
  const lines = hanging(text, first, rest, WIDTH - MOMENT);
  if (atUs === undefined) return lines;
  const moment = `${formatMoment(atUs)} s`;
  return [`${(lines[0] as string).padEnd(WIDTH - moment.length)}${moment}`, ...lines.slice(1)];
}

function hanging(text: string, first: string, rest: string, width = WIDTH): string[] {
  return wrap(text, width - rest.length).map((line, i) => (i === 0 ? first : rest) + line);
}

// ---- which facts

type FactsOf = (tell: Teller, violation: Violation) => [Fact, Fact];

/** A server's deliveries leave the sequence that others have delivered. */
const elsewhere: FactsOf = (tell, { server, facts }) => [
  isZxid(facts.here) ? tell.delivered(server, facts.here, "delivers") : tell.lacks(server, facts.there),
  tell.deliveredFirst(facts.there),
];

/** Two servers whose histories part: what one has there and what the other has. */
const parted: FactsOf = (tell, { server, other, facts }) => {
  const { here, there } = facts;
  const against = other ?? tell.opposite(server, here, there);
  if (!isZxid(here)) return [tell.lacks(server, there), tell.has(against, there)];
  return [tell.has(server, here), isZxid(there) ? tell.has(against, there) : tell.lacks(against, here)];
};

const anomalousMessage: FactsOf = (tell, { server, facts }) => [
  tell.anomaly(server, `server ${server} reads ${facts.packet} ${facts.zxid}`),
  tell.state(server),
];

/** From an invariant to the two facts that it says are in conflict. */
const FACTS: Readonly<Record<InvariantId, FactsOf>> = {
  "primary-uniqueness": (tell, { server, other, facts }) => [
    tell.established(server, facts.epoch),
    tell.established(other ?? server, facts.epoch, "first"),
  ],
  integrity: (tell, { server, facts }) => [tell.delivered(server, facts.zxid, "delivers"), tell.unproposed(facts.zxid)],
  agreement: elsewhere,
  "total-order": (tell, { server, facts }) => [
    isZxid(facts.there) ? tell.lacks(server, facts.there) : tell.delivered(server, facts.zxid, "delivers"),
    tell.deliveredFirst(isZxid(facts.there) ? facts.there : facts.zxid),
  ],
  "local-primary-order": (tell, { server, facts }) => [
    tell.delivered(server, facts.zxid, "delivers"),
    tell.proposed(facts.missing),
  ],
  "global-primary-order": (tell, { server, facts }) => [
    tell.delivered(server, facts.zxid, "delivers"),
    tell.deliveredFirst(facts.before),
  ],
  "primary-integrity": (tell, { server, facts }) => [
    tell.lacks(server, facts.missing),
    tell.deliveredFirst(facts.missing),
  ],
  "initial-history-agreement": (tell, { server, other, facts }) => [
    tell.establishedWithout(server, facts.epoch, facts.there),
    tell.established(other ?? server, facts.otherEpoch),
  ],
  "commit-completeness": (tell, { server, other, facts }) =>
    facts.delivered === undefined
      ? [
          tell.delivered(server, facts.zxid, "delivers"),
          tell.established(undefined, Math.floor((zxidFrom(facts.zxid) ?? 0) / 0x1_0000_0000)),
        ]
      : [tell.memory(server, facts.delivered), tell.has(other ?? server, facts.initial)],
  "process-consistency": parted,
  "no-bad-state": anomalousMessage,
  "no-bad-ack": anomalousMessage,
  "no-bad-proposal": anomalousMessage,
  "no-bad-commit": anomalousMessage,
  "committed-history-grows": (tell, { server, facts }) => [
    tell.establishedWithout(server, facts.epoch, facts.there),
    tell.deliveredFirst(facts.there),
  ],
  "trunc-keeps-committed": (tell, { server, facts }) => [
    tell.lacks(server, facts.truncated),
    tell.deliveredFirst(facts.truncated),
  ],
  "follower-is-prefix": parted,
  "leader-is-complete": (tell, { server, other, facts }) => [
    tell.lacks(server, facts.missing),
    tell.has(other ?? server, facts.missing),
  ],
  "disk-tells-memory": (tell, { server, facts }) =>
    !isZxid(facts.here)
      ? [tell.has(server, facts.there, "on its disk"), tell.memory(server, facts.memory)]
      : [tell.has(server, facts.here, "in memory"), tell.disk(server, facts.here)],
  "zxid-covers-tree": (tell, { server, facts }) => [
    tell.has(server, facts.tree, "in memory"),
    tell.memory(server, facts.zxid),
  ],
};

/** The txn that a violation is about. */
function subjectOf({ facts }: Violation): number | undefined {
  return (
    zxidFrom(facts.there) ??
    zxidFrom(facts.here) ??
    zxidFrom(facts.truncated) ??
    zxidFrom(facts.missing) ??
    zxidFrom(facts.zxid)
  );
}

// ---- the facts themselves

type Name = string | number | undefined;

/** Not `nothing`, and not left out. */
function isZxid(name: Name): boolean {
  return zxidFrom(name) !== undefined;
}

/** Tells facts of a run as they were when an invariant was violated. */
class Teller {
  private readonly run: ScenarioRun;
  private readonly causes: Causes;
  private readonly atUs: number;
  /** The last record that may be told of. */
  private readonly until: number;
  private readonly lives = new Map<number, Life>();

  constructor(run: ScenarioRun, violation: Violation) {
    this.run = run;
    this.causes = new Causes(run);
    this.atUs = violation.atUs;
    this.until = lastRecord(run, violation);
  }

  /** A server has a txn: how it came to it. */
  has(server: number, name: Name, where = ""): Fact {
    const life = this.life(name);
    const gained = life.gained(server, this.until);
    const text = `server ${server} has ${life.name}${where === "" ? "" : ` ${where}`}`;
    return { text, atUs: undefined, hops: gained === undefined ? [] : this.gaining(life, gained) };
  }

  /** A server does not have a txn: how it lost it, or why it never got it. */
  lacks(server: number, name: Name): Fact {
    const life = this.life(name);
    const lost = life.lost(server, this.until);
    if (lost === undefined) {
      return { text: `server ${server} never had ${life.name}`, atUs: undefined, hops: this.neverHad(server, life) };
    }
    return { text: LOST[lost.kind]?.(life, lost) ?? "", atUs: lost.atUs, hops: this.losing(lost) };
  }

  delivered(server: number, name: Name, verb = "delivered"): Fact {
    const life = this.life(name);
    const found = life.of(server, this.until).findLast(({ kind }) => kind === "delivered");
    if (found === undefined) return this.has(server, name);
    return { text: `server ${server} ${verb} ${life.name}`, atUs: found.atUs, hops: this.chain(found, life) };
  }

  /** Who delivered it first, or served with it. */
  deliveredFirst(name: Name): Fact {
    const life = this.life(name);
    const found = life.events.find(({ kind }) => kind === "delivered");
    const serving = this.run.records.find(
      (record) => (record.event === "established" || record.event === "active") && this.hadBy(life, record),
    );
    if (found !== undefined && (serving === undefined || found.atUs <= serving.atUs)) {
      const text = `server ${found.server} delivered ${life.name} first`;
      return { text, atUs: found.atUs, hops: this.chain(found, life) };
    }
    if (serving === undefined) {
      const before: Hop = { text: "clients may have read it before the run", atUs: undefined, end: true };
      return { text: `${life.name} was committed`, atUs: undefined, hops: [before] };
    }
    const gained = life.gained(serving.server, this.run.records.indexOf(serving));
    const text = `server ${serving.server} began to serve with ${life.name}`;
    return { text, atUs: serving.atUs, hops: gained === undefined ? [] : this.gaining(life, gained) };
  }

  proposed(name: Name): Fact {
    const life = this.life(name);
    const found = life.events.find(({ kind }) => kind === "proposed");
    if (found === undefined) return { text: `${life.name} was broadcast before`, atUs: undefined, hops: [] };
    return { text: `server ${found.server} proposed ${life.name}`, atUs: found.atUs, hops: this.chain(found, life) };
  }

  unproposed(name: Name): Fact {
    const life = this.life(name);
    const found = life.events.find(({ kind }) => kind === "proposed");
    if (found !== undefined) return this.proposed(name);
    return { text: `no primary broadcast ${life.name}, and no disk had it`, atUs: undefined, hops: [] };
  }

  established(server: number | undefined, epoch: Name, which?: "first"): Fact {
    const accepts = (record: ProtocolRecord): boolean =>
      record.event === "established" &&
      record.epoch === epoch &&
      record.atUs <= this.atUs &&
      (server === undefined || record.server === server);
    const record = which === "first" ? this.run.records.find(accepts) : this.run.records.findLast(accepts);
    if (record?.event !== "established") {
      return { text: `epoch ${epoch} was established`, atUs: undefined, hops: [] };
    }
    const text = `server ${record.server} was established in epoch ${epoch} at ${formatZxid(record.zxid)}`;
    const quorum = this.run.records.filter(
      (one) => one.event === "newleader-acked" && one.epoch === epoch && one.atUs <= record.atUs,
    );
    const hops: Hop[] = quorum.map((one) => ({ text: `server ${one.server} ${describeRecord(one)}`, atUs: one.atUs }));
    return { text, atUs: record.atUs, hops: [...hops, ...some(this.causes.election(record.server, record.atUs))] };
  }

  establishedWithout(server: number, epoch: Name, name: Name): Fact {
    const { text, atUs } = this.established(server, epoch);
    const election = this.causes.election(server, this.atUs);
    const lacks = this.lacks(server, name);
    const hops = [...some(election), { text: lacks.text, atUs: lacks.atUs }, ...lacks.hops];
    return { text: `${text} without ${this.life(name).name}`, atUs, hops };
  }

  /** The disk of a server does not have what its memory has. */
  disk(server: number, name: Name): Fact {
    const life = this.life(name);
    const lost = life.lost(server, this.until);
    if (lost !== undefined) return this.lacks(server, name);
    const failed = this.causes.lastRecord(
      "failed",
      this.atUs,
      (one) => one.server === server && one.learner === undefined,
    );
    const before = life.gained(server, this.until);
    const truncated = this.causes.lastRecord("truncated", this.atUs, (one) => one.server === server);
    const hops: Hop[] = [];
    if (failed !== undefined && failed.atUs >= (before?.atUs ?? 0)) {
      hops.push({ text: `before that could be written: ${describeRecord(failed)}`, atUs: failed.atUs });
      const isItsDisk = ({ text }: { readonly text: string }): boolean =>
        new RegExp(`^disk .*server=${server}\\b`).test(text);
      const fault = this.causes.lastRecord("script", failed.atUs, isItsDisk);
      if (fault !== undefined) hops.push({ text: `step: ${fault.text}`, atUs: fault.atUs, end: true });
      else if (truncated === undefined) hops.push(...this.origin(server));
    }
    if (truncated !== undefined) {
      hops.push({ text: describeRecord(truncated), atUs: truncated.atUs });
      hops.push(...some(this.causes.decision(server, truncated.atUs)));
    }
    return { text: `${life.name} was never written to the disk of ${server}`, atUs: undefined, hops };
  }

  memory(server: number, zxid: Name): Fact {
    const own = (one: ProtocolRecord): boolean => one.server === server;
    const left = this.causes.lastRecord("failed", this.atUs, (one) => own(one) && one.learner === undefined);
    const loaded = this.causes.lastRecord("loaded", this.atUs, own);
    const hops: Hop[] = [];
    if (left !== undefined) hops.push({ text: `it left its role: ${describeRecord(left)}`, atUs: left.atUs });
    if (loaded !== undefined) hops.push({ text: describeRecord(loaded), atUs: loaded.atUs });
    return {
      text: `the memory of ${server} ends at ${zxid}`,
      atUs: undefined,
      hops: [...hops, ...this.origin(server)],
    };
  }

  /** How a server came to what it has: brought in line, elected, or just started. */
  private origin(server: number): Hop[] {
    const known = this.causes.decision(server, this.atUs) ?? this.causes.election(server, this.atUs);
    return [known ?? { text: "that is what its disk had before the run", atUs: undefined, end: true }];
  }

  anomaly(server: number, text: string): Fact {
    const record = this.causes.lastRecord("anomaly", this.atUs, (one) => one.server === server);
    if (record === undefined) return { text, atUs: this.atUs, hops: [] };
    return { text: `${text}: ${record.detail}`, atUs: record.atUs, hops: this.causes.chain(record, undefined) };
  }

  /** What a server was doing, and since when. */
  state(server: number): Fact {
    const role = this.run.records.findLast((one) => one.server === server && "phase" in one && one.atUs <= this.atUs);
    if (role === undefined) return { text: `server ${server} had not begun`, atUs: undefined, hops: [] };
    const text = `server ${server} is ${describeRecord(role)} since`;
    const last = this.causes.decision(server, this.atUs) ?? this.causes.election(server, this.atUs);
    return { text, atUs: role.atUs, hops: some(last) };
  }

  /** Another server: one that has what this one lacks, and lacks what this one has. */
  opposite(server: number, here: Name, there: Name): number {
    const has = (sid: number, name: Name): boolean => this.life(name).gained(sid, this.until) !== undefined;
    const others = this.run.servers.map(({ sid }) => sid).filter((sid) => sid !== server);
    const holders = isZxid(there) ? others.filter((sid) => has(sid, there)) : others;
    return holders.find((sid) => !has(sid, here)) ?? holders[0] ?? server;
  }

  private hadBy(life: Life, record: ProtocolRecord): boolean {
    const index = this.run.records.indexOf(record);
    return index <= this.until && life.gained(record.server, index) !== undefined;
  }

  private gaining(life: Life, gained: LifeEvent): Hop[] {
    const { server } = gained;
    const since = life.of(server, this.until).filter((one) => one.index > gained.index);
    const kept = since.findLast(({ kind }) => kind === "kept");
    const hops = kept === undefined ? [] : this.keeping(life, kept);
    const readBack = since.findLast(({ kind }) => kind === "read-back");
    if (readBack !== undefined) {
      hops.push({ text: `${server} reads it back from its log, still not synced`, atUs: readBack.atUs });
    }
    if (gained.kind === "before") hops.push({ text: "it was on its disk before the run", atUs: undefined, end: true });
    else if (gained.kind === "snapshot") hops.push(...some(this.causes.decision(server, gained.atUs)));
    else hops.push(...this.chain(gained, life));
    return hops;
  }

  /** A TRUNC that should have removed it. */
  private keeping(life: Life, { atUs, index, server }: LifeEvent): Hop[] {
    const record = this.run.records[index] as ProtocolRecord;
    const end = record.event === "truncated" ? formatZxid(record.end) : "";
    const text = `it outlives the TRUNC: ${server} reads its disk, and that ends at ${end}`;
    return life.zxid > (record.event === "truncated" ? record.zxid : 0)
      ? [{ text, atUs }, ...some(this.causes.decision(server, atUs))]
      : [];
  }

  private losing({ atUs, index, kind, server }: LifeEvent): Hop[] {
    const record = this.run.records[index] as ProtocolRecord;
    if (kind === "truncated" || kind === "replaced") return some(this.causes.decision(server, atUs));
    return some(this.causes.fault(record.sequence ?? -1) ?? { text: `server ${server} crashed`, atUs, end: true });
  }

  private neverHad(server: number, life: Life): Hop[] {
    const undelivered = this.causes.undelivered(life.zxid, server, this.atUs);
    if (undelivered !== undefined) return [undelivered];
    const decided = this.causes.lastRecord(
      "sync-decided",
      this.atUs,
      (one) => one.learner === server && one.lastProcessedZxid >= life.zxid,
    );
    if (decided !== undefined) {
      const { proposals, firstZxid, atUs } = decided;
      const sent = proposals === 0 ? "nothing" : `${proposals} proposals from ${formatZxid(firstZxid ?? 0)} on`;
      const text = `what leader ${decided.server} sent it: ${decided.decision} with ${sent}`;
      return [{ text, atUs }, ...some(this.causes.decision(server, atUs))];
    }
    return some(this.causes.election(server, this.atUs));
  }

  private chain({ index }: LifeEvent, { zxid }: Life): Hop[] {
    return this.causes.chain(this.run.records[index] as ProtocolRecord, zxid);
  }

  private life(name: Name): Life {
    const zxid = zxidFrom(name) ?? 0;
    let life = this.lives.get(zxid);
    if (life === undefined) {
      life = new Life(this.run, zxid);
      this.lives.set(zxid, life);
    }
    return life;
  }
}

const LOST: Readonly<Partial<Record<LifeEvent["kind"], (life: Life, lost: LifeEvent) => string>>> = {
  truncated: (life, { server }) => `server ${server} truncates ${life.name} from its log`,
  lost: (life, { server }) => `server ${server} loses ${life.name}, not synced, in a crash`,
  forgotten: (life, { server }) => `server ${server} loses ${life.name}, in memory only, in a crash`,
  replaced: (life, { server }) => `server ${server} takes a snapshot without ${life.name}`,
};

function some<Value>(value: Value | undefined): Value[] {
  return value === undefined ? [] : [value];
}
