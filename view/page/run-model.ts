/** One recorded run, with everything about it that depends on no filter. */
import type { RecordOf } from "../../cluster/records.ts";
import type { ServerId } from "../../protocol/index.ts";
import { explainDecision } from "../../reports/describe.ts";
import { type Band, bandsOf, type Segment, segmentsOf } from "../diagram/segments.ts";
import { eventDetails, eventTitle } from "../session/describe-event.ts";
import { CommittedTxns } from "../session/log-parts.ts";
import { zxidText } from "../session/message-text.ts";
import type { Recording } from "../session/recording.ts";
import { serverRows } from "../session/server-rows.ts";
import { firstDifference, type Session } from "../session/session.ts";
import { truncLoss } from "../session/trunc-loss.ts";
import { litEvents } from "../session/why-chain.ts";
import { numberLine, zxidsOf } from "./number-line.ts";
import type { ShownDecision, ShownServer, Subject } from "./subject.ts";
import { type TourStep, tourOf } from "./tour-steps.ts";

export class RunModel implements Subject {
  readonly label: string;
  readonly session: Session;
  readonly committed: CommittedTxns;
  readonly segments: ReadonlyMap<number, readonly Segment[]>;
  readonly bands: readonly Band[];
  readonly differsAt: number | undefined;

  constructor(label: string, session: Session, first: RunModel | undefined) {
    const { recording } = session;
    this.label = label;
    this.session = session;
    this.committed = new CommittedTxns(recording);
    this.segments = new Map(recording.servers.map((sid) => [sid, segmentsOf(recording, sid)]));
    this.bands = bandsOf(recording);
    this.differsAt = first && firstDifference(first.recording, recording);
  }

  get recording(): Recording {
    return this.session.recording;
  }

  get timeline(): Recording {
    return this.session.recording;
  }

  get cursor(): Session {
    return this.session;
  }

  titleOf(event: number): string {
    return eventTitle(this.recording, event);
  }

  detailsOf(event: number): readonly string[] {
    return eventDetails(this.recording, event);
  }

  linesOf(): readonly [] {
    return [];
  }

  serverAt(sid: ServerId, event: number): ShownServer {
    const view = this.recording.serverAt(sid, event);
    return { state: view.peer?.state, rows: serverRows(view) };
  }

  decisions(): readonly ShownDecision[] {
    const { committed, recording } = this;
    return recording.records.flatMap((record, index): ShownDecision[] => {
      if (record.event !== "sync-decided") return [];
      const event = recording.eventOfRecord(index);
      return [
        {
          ...{ event, leader: String(record.server), learner: String(record.learner), observer: record.observer },
          packet: `${record.decision} ${zxidText(record.zxid)}`,
          line: numberLine(zxidsOf(record, this.logZxids(event, record))),
          why: explainDecision(record),
          loss: truncLoss(recording, committed, event, record),
          notes: [],
        },
      ];
    });
  }

  /** Returns the range of the transaction log of the server that decides. */
  private logZxids(event: number, { server }: RecordOf<"sync-decided">): readonly number[] {
    const { log } = this.recording.serverAt(server, event).disk;
    const zxids = log.flatMap(({ name, records }) => (records.length === 0 ? [] : [name, records.zxid]));
    return zxids.length === 0 ? [] : [zxids[0] as number, zxids.at(-1) as number];
  }

  litEvents(): ReadonlySet<number> | undefined {
    return litEvents(this.recording);
  }

  tour(): readonly TourStep[] {
    return tourOf(this.recording);
  }
}
