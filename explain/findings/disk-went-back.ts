/** Finds a server that starts with less than it had at an earlier start, although no leader removed anything. */
import type { Zxid64 } from "../../logs/index.ts";
import { formatZxid64 } from "../../protocol/zxid.ts";
import { bugsIn, type Finding, type FindingOf, namedBugs } from "../finding.ts";
import type { Election, ServerHistory } from "../history.ts";
import { isAfter } from "../line-order.ts";

const BUGS = ["open-tail-read-back-after-kill-never-synced"];

/** The first vote of a process, which is what it loaded from its disk. */
interface FirstVote {
  readonly election: Election;
  readonly zxid: Zxid64;
}

export const disksWentBack: FindingOf = ({ aligned, histories }) =>
  histories.flatMap((history): Finding[] => {
    const { server } = history;
    const votes = firstVotes(history);
    return votes.flatMap((after, i): Finding[] => {
      const before = votes.slice(0, i).findLast(({ zxid }) => zxid > after.zxid);
      if (before === undefined || mayHaveRemoved(history, before, after)) return [];
      const [was, is] = [formatZxid64(before.zxid), formatZxid64(after.zxid)];
      const { advice, ...named } = namedBugs(
        `The server loaded ${was} at an earlier start, and no leader removed it with TRUNC or SNAP. Its disk lost ` +
          "transactions: an older copy of the directory was restored, or a power failure removed what a killed " +
          "process had written and not synced, and what the next start had read.",
        bugsIn(BUGS, after.election.process.release),
      );
      return [
        {
          ...{ rule: "known-bug", severity: "violation", certainty: "likely", servers: [server] },
          timeMs: aligned(server, after.election.at.timeMs),
          title: `server ${server} started with ${is}, although it had started with ${was} before`,
          evidence: [before.election.zxidAt, after.election.zxidAt],
          advice: [
            "Copy the data directory of every server, and compare them with zabsim doctor before a server is " +
              `restarted or wiped: transactions that only server ${server} had can be lost.`,
            ...advice,
          ],
          ...named,
        },
      ];
    });
  });

/** Returns the first vote of each process whose start the log contains. A server without data is not asked. */
function firstVotes({ elections, processes }: ServerHistory): FirstVote[] {
  return processes.flatMap((process): FirstVote[] => {
    const election = elections.find((one) => one.process === process);
    if (!process.hasStart || election?.zxid === undefined || process.missingEpochFiles.length > 0) return [];
    return [{ election, zxid: election.zxid }];
  });
}

/** Returns whether a leader removed transactions between two votes, or the disk was empty between them. */
function mayHaveRemoved({ periods, processes }: ServerHistory, before: FirstVote, after: FirstVote): boolean {
  const isBetween = (at: Election["at"]): boolean => isAfter(at, before.election.at) && isAfter(after.election.at, at);
  return (
    after.zxid <= 0n || // No data, or the vote of an observer, which has no zxid.
    processes.some(({ at, missingEpochFiles }) => missingEpochFiles.length > 0 && isBetween(at)) ||
    periods.some(({ at, role, sync }) => role !== "LEADING" && isBetween(at) && sync?.operation !== "DIFF")
  );
}
