/** Finds epochs that were used twice or went back. */
import type { Ensemble, EstablishedEpoch } from "../ensemble.ts";
import { bugIn, type Certainty, type Finding, type FindingOf, MAX_EVIDENCE, serversText } from "../finding.ts";
import type { Evidence } from "../history.ts";
import { emptyStarts } from "./empty-disks.ts";

export const epochsWentBack: FindingOf = (ensemble) => {
  const { epochs } = ensemble;
  const findings: Finding[] = [];
  let highest: EstablishedEpoch | undefined;
  for (const epoch of epochs) {
    const twin = epochs.find(
      (one) => one !== epoch && one.epoch === epoch.epoch && epochs.indexOf(one) < epochs.indexOf(epoch),
    );
    if (twin !== undefined) findings.push(backFinding(ensemble, twin, epoch));
    else if (highest !== undefined && epoch.epoch < highest.epoch) findings.push(backFinding(ensemble, highest, epoch));
    if (highest === undefined || epoch.epoch > highest.epoch) highest = epoch;
  }
  return findings;
};

function backFinding(ensemble: Ensemble, before: EstablishedEpoch, after: EstablishedEpoch): Finding {
  const isSame = before.epoch === after.epoch;
  const empty = emptyStarts(ensemble).filter(({ timeMs }) => timeMs <= (after.timeMs ?? timeMs));
  const wiped = [...new Set(empty.map(({ server }) => server))];
  // A process keeps acceptedEpoch in memory, so no lost file explains an epoch that it established twice.
  const isSameProcess = isSame && before.period.process === after.period.process;
  const release = after.period.process.release;
  const bug = isSameProcess ? bugIn("open-epoch-used-though-not-accepted", release) : undefined;
  const cause = isSameProcess
    ? "The process did not restart between the two, so it proposed an epoch that it had not accepted itself: the " +
      "write of acceptedEpoch failed, for example because the disk was full."
    : wiped.length === 0
      ? "acceptedEpoch and currentEpoch on a majority of the disks must have been lost or replaced by older ones."
      : `${serversText(wiped).replace("s", "S")} started with an empty disk before. A majority that includes a ` +
        "server without its epoch files can elect a leader that has never seen the newer epoch.";
  return {
    rule: "epoch-went-back",
    severity: "violation",
    certainty: before.leader === after.leader || isSame ? "proven" : orderCertainty(ensemble, before, after),
    servers: [...new Set([before.leader, after.leader])],
    timeMs: after.timeMs,
    title: isSame
      ? after.leader === before.leader
        ? `server ${after.leader} led epoch ${after.epoch} twice`
        : `servers ${before.leader} and ${after.leader} both led epoch ${after.epoch}`
      : `server ${after.leader} established epoch ${after.epoch} after epoch ${before.epoch}`,
    cause,
    evidence: [before.period.established, after.period.established, ...empty.map(({ run }) => run.at)]
      .filter((line): line is Evidence => line !== undefined)
      .slice(0, MAX_EVIDENCE),
    advice: [
      "Stop all servers, copy every data directory, and find the one with the newest history with zabsim doctor. " +
        "Start the ensemble from it; never start a majority of empty disks.",
    ],
    ...(bug !== undefined && { bug }),
  };
}

/** Two leaders are in the wrong order only if their clocks can be compared. */
function orderCertainty({ clocks }: Ensemble, before: EstablishedEpoch, after: EstablishedEpoch): Certainty {
  const isComparable = [before.leader, after.leader].every((leader) => {
    const clock = clocks.find(({ server }) => server === leader);
    return clock !== undefined && !clock.changes && (clock.server === clock.reference || clock.messages > 0);
  });
  return isComparable ? "likely" : "possible";
}

/** A server that refuses its leader this often does not join it. */
const MANY_REFUSALS = 3;

/** A leader proposed an epoch that is older than one that the learner had accepted. */
export const oldEpochsRefused: FindingOf = ({ aligned, histories }) =>
  histories.flatMap(({ periods, server }): Finding[] => {
    const lines = periods.flatMap(({ problems }) =>
      problems.filter(
        ({ event, exception }) =>
          event === "leader-epoch-too-old" || exception.some((text) => /is less than accepted epoch/.test(text)),
      ),
    );
    const first = lines[0];
    if (first === undefined) return [];
    // The leader of the others has an older epoch, and the server repeats the attempt until that leader loses its role.
    const release = periods.at(-1)?.process.release;
    const bug = lines.length >= MANY_REFUSALS ? bugIn("open-voter-ahead-of-leader-never-joins", release) : undefined;
    return [
      {
        ...{ rule: "epoch-went-back", severity: "violation", certainty: "likely", servers: [server] },
        timeMs: aligned(server, first.at.timeMs),
        title: `server ${server} refused a leader whose epoch is older than one that it had accepted`,
        cause:
          "A leader proposes an epoch above those that a majority has accepted. If this one is older, the majority " +
          "has lost its epoch files, or this server has the data directory of another ensemble " +
          `(${lines.length} refusals).`,
        evidence: lines.slice(0, MAX_EVIDENCE).map(({ at }) => at),
        advice: [
          `Keep the data directory of server ${server}: it may be the only one with the newest history. Do not ` +
            "remove it to let the server join. Compare all disks with zabsim doctor first.",
        ],
        ...(bug !== undefined && { bug }),
      },
    ];
  });
