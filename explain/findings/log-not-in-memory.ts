/**
 * Finds the symptom of ZOOKEEPER-2845: a follower logs a proposal, loses its leader before the COMMIT, and goes into
 * the next election without a restart. Its memory lacks what its log has, so nothing truncates the log, and the next
 * restart brings the transaction back.
 */
import { formatZxid64 } from "../../protocol/zxid.ts";
import { bugIn, type Finding, type FindingOf, listOf, MAX_EVIDENCE, serversText } from "../finding.ts";
import type { Evidence, RolePeriod, ServerHistory } from "../history.ts";
import { isAfter } from "../line-order.ts";
import { type Discarded, discardedIn } from "./discarded.ts";

const BUG = "zookeeper-2845-logged-txn-not-in-memory";

/** A server whose log has more than its memory, with the lines that show it. */
interface Suspect {
  readonly server: number;
  readonly release: string | undefined;
  /** Whether a line shows that it logged a proposal whose ACK it could not send. */
  readonly hasUnsentAck: boolean;
  readonly evidence: readonly Evidence[];
  /** The start after which the transactions are back in memory. */
  readonly restart: Evidence | undefined;
}

export const logNotInMemory: FindingOf = (ensemble) =>
  discardedIn(ensemble).flatMap((discarded): Finding[] => {
    const suspects = ensemble.histories.flatMap((history) => suspectsIn(history, discarded));
    const [first] = suspects;
    const bug = bugIn(BUG, first?.release);
    if (first === undefined || bug === undefined) return [];
    const { handshake, kept, last } = discarded;
    const isLikely = suspects.some(({ hasUnsentAck }) => hasUnsentAck);
    const certainty = isLikely ? "likely" : "possible";
    const servers = suspects.map(({ server }) => server);
    const range = `${formatZxid64(kept + 1n)} to ${formatZxid64(last)}`;
    const restarts = suspects.flatMap(({ restart }) => (restart === undefined ? [] : [restart]));
    const back =
      restarts.length === 0
        ? "When they restart, they load it, and clients read different data at different servers."
        : `After the restart of ${serversText(restarts.map(({ server }) => server))}, it is in memory there, ` +
          "and clients read different data at different servers.";
    return [
      {
        ...{ rule: "known-bug", severity: "violation", certainty, servers, timeMs: handshake.timeMs },
        title:
          `the logs of ${serversText(servers)} ${isLikely ? "" : "may "}have a transaction after ` +
          `${formatZxid64(kept)} that was never committed`,
        cause:
          `${serversText(servers).replace("s", "S")} ${
            isLikely
              ? "logged a proposal and lost the leader before the ACK was sent"
              : "may have logged proposals before the leader was lost; no line shows it"
          }. ` +
          `In the next election they voted with ${formatZxid64(kept)}, because a process that does not restart votes ` +
          `with what is in its memory. Server ${handshake.learner} had ${range} and was truncated to ` +
          `${formatZxid64(kept)}, but nothing truncated the logs of ${serversText(servers)}. ${back}`,
        evidence: [...suspects.flatMap(({ evidence }) => evidence), ...linesOf(discarded), ...restarts].slice(
          0,
          MAX_EVIDENCE,
        ),
        advice: [
          `Upgrade to ${listOf(bug.fixedIn.slice(0, 2))} or newer: these releases read the log into memory ` +
            "before an election.",
          "Compare the disks with zabsim doctor. Then remove version-2 of each server whose log has the transaction, " +
            "one server after another, so that it gets a SNAP from a leader without it.",
        ],
        bug,
      },
    ];
  });

/** Returns the server if it left its leader without a restart, and then voted with `kept`. */
function suspectsIn(
  { elections, periods, processes, server }: ServerHistory,
  { handshake, kept }: Discarded,
): Suspect[] {
  if (server === handshake.learner) return [];
  return periods.flatMap((period, i): Suspect[] => {
    const ack = unsentAck(period);
    const next = elections.find((one) => one.process === period.process && isAfter(one.at, period.at));
    const nextPeriod = periods[i + 1];
    if (next?.zxid !== kept || period.role === "LEADING") return [];
    if (period.epoch !== undefined && BigInt(period.epoch) !== kept >> 32n) return [];
    if (nextPeriod?.process !== period.process) return [];
    const restart = processes[processes.indexOf(period.process) + 1];
    const evidence = [ack, next.zxidAt].filter((line) => line !== undefined);
    const hasUnsentAck = ack !== undefined;
    return [{ server, release: period.process.release, hasUnsentAck, evidence, restart: restart?.at }];
  });
}

/** Returns the line with which the log thread reports that it could not send the ACK of a proposal. */
function unsentAck({ problems }: RolePeriod): Evidence | undefined {
  return problems.find(({ event, thread }) => event === "ack-not-sent" && thread.startsWith("SyncThread"))?.at;
}

function linesOf({ handshake: { leaderSide, learnerSide } }: Discarded): Evidence[] {
  return [leaderSide?.at, learnerSide?.at].filter((line) => line !== undefined);
}
