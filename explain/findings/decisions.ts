/** Finds decisions that the core would not make in the release of the leader. */
import { PUBLISHED_RELEASES } from "../../protocol/index.ts";
import { formatZxid64 } from "../../protocol/zxid.ts";
import { type Finding, type FindingOf, listOf } from "../finding.ts";

/** The release by which a leader is judged if no log shows its release. */
const NEWEST = `the newest release, ${PUBLISHED_RELEASES.at(-1)},`;

export const differingDecisions: FindingOf = ({ handshakes }) =>
  handshakes.flatMap((handshake): Finding[] => {
    const { check, facts, leader, leaderSide, learner, learnerSide, operation, timeMs, zxid } = handshake;
    if (check.verdict !== "differs" || facts === undefined || leaderSide === undefined || leader === undefined)
      return [];
    const last = facts.lastProcessedZxid;
    const sent = `${operation}${zxid === undefined ? "" : ` ${formatZxid64(zxid)}`}`;
    const others = check.others.length === 0 ? "the same packet with another zxid" : listOf(check.others);
    return [
      {
        ...{ rule: "decision-differs", severity: "violation", certainty: "likely", servers: [leader, learner], timeMs },
        title: `leader ${leader} sent ${sent} to server ${learner}, where its release sends ${others}`,
        cause:
          `The leader's line has peerLastZxid ${formatZxid64(facts.peerLastZxid)}, committedLog ` +
          `${formatZxid64(facts.minCommittedLog)}..${formatZxid64(facts.maxCommittedLog)}` +
          `${last === undefined ? "" : ` and lastProcessedZxid ${formatZxid64(last)}`}. ` +
          `From these facts, zabsim's model of ${handshake.leaderRelease ?? NEWEST} decides ${others}.`,
        evidence: [...leaderSide.lines, ...(learnerSide === undefined ? [] : [learnerSide.at])],
        advice: ["Keep the logs and the data directories of both servers, and report the difference."],
      },
    ];
  });
