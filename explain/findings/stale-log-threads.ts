/**
 * Finds log threads that still write after their server left its leader: what they write is on disk, and memory lacks
 * it. Their acknowledgments fail, because the connection to the leader is closed.
 */
import { bugsIn, type Finding, type FindingOf, MAX_EVIDENCE, namedBugs } from "../finding.ts";
import type { Evidence, RolePeriod, ServerHistory } from "../history.ts";

const BUGS = ["zookeeper-4712-stale-queue-logged-after-leaving"];

/** A log thread that fails sooner after LOOKING may have written the transaction before the server left its leader. */
const MIN_STALE_MS = 100;

export const staleLogThreads: FindingOf = ({ aligned, histories }) =>
  histories.flatMap((history): Finding[] => {
    const { periods, server } = history;
    const found = periods.flatMap((period) =>
      staleLines(period, history).map((at) => ({ at, release: period.process.release })),
    );
    const [first] = found;
    const bugs = bugsIn(BUGS, first?.release);
    if (first === undefined || bugs.length === 0) return [];
    const { advice, ...named } = namedBugs(
      "Its log thread could not send an acknowledgment in the next election or later, so it still wrote transactions " +
        "of the old leader to the log. The memory of the server lacks them, and the next restart brings them back, " +
        "also if they were never committed.",
      bugs,
    );
    return [
      {
        ...{ rule: "known-bug", severity: "violation", certainty: "likely", servers: [server] },
        timeMs: aligned(server, first.at.timeMs),
        title: `server ${server} logged transactions of a leader that it had left`,
        evidence: found.slice(0, MAX_EVIDENCE).map(({ at }) => at),
        advice: ["Compare the disks of all servers with zabsim doctor.", ...advice],
        ...named,
      },
    ];
  });

/** Returns the lines of the log thread about acknowledgments that it could not send after the next LOOKING. */
function staleLines(period: RolePeriod, { elections }: ServerHistory): Evidence[] {
  const failed = period.problems.filter(
    ({ event, thread }) => event === "ack-not-sent" && thread.startsWith("SyncThread"),
  );
  if (failed.length === 0) return [];
  const { at, end, process, role } = period;
  // A leader sends its own acknowledgments over no connection.
  const leftMs = role === "LEADING" ? at.timeMs : end?.kind === "looking" ? end.timeMs : undefined;
  const hasElection = elections.some((one) => one.process === process && one.at.timeMs === leftMs);
  if (leftMs === undefined || (role !== "LEADING" && !hasElection)) return [];
  return failed.filter(({ at }) => (at.timeMs ?? 0) - leftMs >= MIN_STALE_MS).map(({ at }) => at);
}
