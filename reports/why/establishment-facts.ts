/** Facts about established leaders. A leader is established in an epoch when a quorum has acknowledged NEWLEADER. */
import type { RecordOf } from "../../cluster/records.ts";
import { type Epoch, formatZxid, type ServerId } from "../../protocol/zxid.ts";
import { describeRecord, quorumsText } from "../describe.ts";
import { type Cause, listOf } from "./causes.ts";
import type { HistoryFacts } from "./history-facts.ts";
import type { Fact, FactZxid, Moment } from "./moment.ts";

export class EstablishmentFacts {
  private readonly moment: Moment;
  private readonly histories: HistoryFacts;

  constructor(moment: Moment, histories: HistoryFacts) {
    this.moment = moment;
    this.histories = histories;
  }

  /**
   * Builds the fact `server 2 was established in epoch 3 at 2:5`, about the leader of an epoch. If a leader was
   * established several times in this epoch, `which` selects the first or the last time. If `server` is given, only
   * that leader counts.
   */
  of(
    epoch: Epoch | undefined,
    server?: ServerId,
    { which = "last", subject }: { readonly which?: "first" | "last"; readonly subject?: FactZxid } = {},
  ): Fact {
    const matches = this.moment.run.records.filter(
      (record): record is RecordOf<"established"> =>
        record.event === "established" &&
        record.epoch === epoch &&
        record.atUs <= this.moment.atUs &&
        (server === undefined || record.server === server),
    );
    const record = which === "first" ? matches[0] : matches[matches.length - 1];
    if (record === undefined) return { text: `epoch ${epoch} was established`, atUs: undefined, causes: [] };
    const at = `${formatZxid(record.zxid)}${quorumsText(record)}`;
    const text = `server ${record.server} was established in epoch ${epoch} at ${at}`;
    const acks = this.moment.run.records.filter(
      (one): one is RecordOf<"newleader-acked"> =>
        one.event === "newleader-acked" &&
        one.epoch === epoch &&
        one.atUs <= record.atUs &&
        this.leaderOf(one.server, one.atUs) === record.server,
    );
    const quorum = acks.map((ack) => this.newLeaderAck(ack, subject));
    const causes = [
      ...quorum,
      ...this.unwrittenEpoch(record),
      ...this.histories.election(record.server, record.atUs, subject),
    ];
    return { text, atUs: record.atUs, causes };
  }

  /** Returns the leader that a server elected last. */
  private leaderOf(server: ServerId, untilUs: number): ServerId | undefined {
    return this.moment.finder.lastRecord("elected", untilUs, (one) => one.server === server)?.leader;
  }

  /**
   * Returns a cause for the ACK of NEWLEADER of a server. If the transaction `subject` was not on the server's disk by
   * then, the text says so.
   */
  private newLeaderAck(ack: RecordOf<"newleader-acked">, subject: FactZxid): Cause {
    const text = `server ${ack.server} ${describeRecord(ack)}`;
    if (subject === undefined) return { text, atUs: ack.atUs };
    const life = this.moment.life(subject);
    const index = this.moment.run.records.indexOf(ack);
    const kinds = life.at(ack.server, index).map(({ kind }) => kind);
    const isDurable = kinds.some((kind) => kind === "synced" || kind === "saved" || kind === "before");
    const progress = kinds.includes("logged") ? "syncs" : "logs";
    return { text: isDurable ? text : `${text}, before it ${progress} ${life.name}`, atUs: ack.atUs };
  }

  /**
   * Returns causes if a leader proposed an epoch before its own acceptedEpoch was on disk: the proposal and, if there
   * is one, the disk fault. Otherwise, returns an empty list.
   */
  private unwrittenEpoch({ atUs, epoch, server }: RecordOf<"established">): Cause[] {
    const isOwn = (one: { server: ServerId; epoch: Epoch }): boolean => one.server === server && one.epoch === epoch;
    const proposed = this.moment.finder.lastRecord("epoch-proposed", atUs, isOwn);
    if (proposed === undefined) return [];
    if (this.moment.finder.lastRecord("epoch-accepted", proposed.atUs, isOwn) !== undefined) return [];
    const text = `server ${server} proposes epoch ${epoch}, although its acceptedEpoch ${epoch} is not on disk`;
    const step = this.moment.finder.lastRecord(
      "script",
      atUs,
      (one) => this.moment.diskFaultOf(one.step, server) !== undefined,
    );
    return [{ text, atUs: proposed.atUs }, ...listOf(step && this.moment.stepCause(step))];
  }

  private without(server: ServerId, epoch: Epoch | undefined, zxid: FactZxid): Fact {
    const { text, atUs } = this.of(epoch, server);
    return {
      text: `${text} without ${this.moment.life(zxid).name}`,
      atUs,
      causes: this.histories.leadingWithout(server, zxid),
    };
  }

  /**
   * Builds the fact that a leader was established with a history that differs from an earlier one: the leader lacks a
   * transaction of the earlier history, or has an additional one. `here` and `there` are the zxids at the first
   * difference in the leader's history and in the earlier history.
   */
  apart(server: ServerId, epoch: Epoch | undefined, here: FactZxid, there: FactZxid): Fact {
    const isExtra = here !== undefined && (there === undefined || here < there);
    if (!isExtra) return this.without(server, epoch, there);
    const { text, atUs } = this.of(epoch, server);
    const { causes } = this.histories.has(server, here);
    const election = listOf(this.moment.finder.election(server, this.moment.atUs));
    return { text: `${text} with ${this.moment.life(here).name}`, atUs, causes: [...election, ...causes] };
  }
}
