/** Finds symptoms of known bugs that a log shows with a line of its own. */
import type { Ensemble } from "../ensemble.ts";
import {
  bugIn,
  bugsIn,
  type Certainty,
  type Finding,
  type FindingOf,
  MAX_EVIDENCE,
  namedBugs,
  type Severity,
} from "../finding.ts";
import type { Evidence, Problem, RolePeriod, ServerHistory } from "../history.ts";
import { commonRelease } from "../releases.ts";

/** A symptom in a role of a server. */
interface Symptom {
  /** The bugs with this symptom. Those that the release has are named. */
  readonly bugs: readonly string[];
  /** More bugs with this symptom in an observer. */
  readonly observerBugs?: readonly string[];
  readonly severity: Severity;
  readonly certainty: Certainty;
  /** The number of times that the symptom must occur. */
  readonly atLeast?: number;
  /** Whether the symptom is a finding only in a release with one of the bugs. In others, it has no effect. */
  readonly onlyWithBug?: true;
  readonly title: (server: number) => string;
  readonly cause: string;
  /** Returns whether a problem in a role is the symptom. */
  readonly isSymptom: (problem: Problem, period: RolePeriod) => boolean;
}

const isLearner = ({ role }: RolePeriod): boolean => role !== "LEADING";
const hasException = ({ at, exception }: Problem, text: RegExp): boolean =>
  text.test(at.text) || exception.some((one) => text.test(one));

/** Bugs that make a leader send a DIFF that lacks transactions. */
const GAP_BUGS = [
  "zookeeper-2418-gap-between-log-and-committed-log",
  "zookeeper-4925-synced-txns-missing-from-committed-log",
  "txns-after-trunc-missing-from-committed-log",
  "open-hole-in-log-after-snap-passed-on",
];
const GAP_BUGS_OF_OBSERVERS = ["open-observer-aborts-sync-after-reconfiguration"];

/** Returns whether a proposal skips zxids of its epoch. The first proposal after a join and that of an epoch do not. */
function isGap({ at, zxid }: Problem): boolean {
  const expected = BigInt(`0x${/expected 0x([0-9a-f]+)/.exec(at.text)?.[1] ?? "0"}`);
  return zxid !== undefined && zxid > expected && zxid >> 32n === expected >> 32n;
}

const SYMPTOMS: readonly Symptom[] = [
  {
    bugs: ["zookeeper-4685-proposal-ack-taken-for-newleader-ack"],
    onlyWithBug: true,
    ...{ severity: "violation", certainty: "proven" },
    title: (server) => `leader ${server} took the ACK of a proposal for the ACK of NEWLEADER`,
    cause:
      "A learner's log thread acknowledged a proposal of the synchronization before the learner acknowledged " +
      "NEWLEADER. The leader does not count such an ACK, and can wait for its quorum until initLimit runs out.",
    isSymptom: ({ event }) => event === "newleader-ack-of-other-epoch",
  },
  {
    bugs: ["zookeeper-4394-commit-finds-queue-cleared"],
    ...{ severity: "violation", certainty: "likely" },
    title: (server) => `learner ${server} left during its synchronization with a NullPointerException`,
    cause:
      "A COMMIT arrived between NEWLEADER and UPTODATE, when the learner had already cleared its queue of proposals. " +
      "The learner starts again and can fail in the same way under load.",
    isSymptom: (problem, period) =>
      problem.event === "follow-failed" &&
      isLearner(period) &&
      period.sync?.upToDateMs === undefined &&
      hasException(problem, /NullPointerException/),
  },
  {
    bugs: GAP_BUGS,
    observerBugs: GAP_BUGS_OF_OBSERVERS,
    ...{ severity: "violation", certainty: "likely" },
    title: (server) => `learner ${server} got a DIFF with a gap`,
    cause:
      "The DIFF lacks transactions between two that it contains, so the leader's history has a hole. The learner " +
      "refused it.",
    isSymptom: (problem) => hasException(problem, /DIFF sync got proposal 0x\w+, last queued 0x\w+, expected/),
  },
  {
    bugs: GAP_BUGS,
    observerBugs: GAP_BUGS_OF_OBSERVERS,
    ...{ severity: "violation", certainty: "likely" },
    title: (server) => `learner ${server} got proposals with a gap and logged them`,
    cause:
      "Its leader sent a transaction that does not follow the one before it in the same epoch. The learner only logs " +
      "that: it lacks the transactions between them, and clients read different data there.",
    isSymptom: (problem) => problem.event === "zxid-unexpected" && isGap(problem),
  },
  {
    bugs: ["open-voter-ahead-of-leader-never-joins"],
    ...{ severity: "problem", certainty: "likely", atLeast: 3 },
    title: (server) => `leader ${server} refused a follower that is ahead of it`,
    cause:
      "A leader that has its quorum refuses a follower with a larger epoch and zxid. The follower repeats the " +
      "attempt and never joins, until the leader loses its role.",
    isSymptom: (problem) => hasException(problem, /Follower is ahead of the leader/),
  },
  {
    bugs: ["zookeeper-4708-unresolved-own-address-leader-commits-nothing"],
    ...{ severity: "problem", certainty: "proven" },
    title: (server) => `leader ${server} designated another server to lead, and commits nothing`,
    cause:
      "The leader did not find itself as a voter, with the same address, in the configuration that it proposed. It " +
      "keeps its followers, but no write succeeds until another server leads.",
    // A leader whose quorum port changes designates another one, too, and soon leaves its role.
    isSymptom: ({ at, event }, period) => event === "leader-not-designated" && !leavesSoon(period, at.timeMs),
  },
];

export const knownBugs: FindingOf = (ensemble) => [
  ...ensemble.histories.flatMap((history) => SYMPTOMS.flatMap((symptom) => symptomIn(ensemble, history, symptom))),
  ...ensemble.histories.flatMap((history) => withoutElectionPort(ensemble, history)),
  ...ensemble.histories.flatMap((history) => withoutAcceptor(ensemble, history)),
];

function symptomIn({ aligned, histories }: Ensemble, { periods, server }: ServerHistory, symptom: Symptom): Finding[] {
  const found = periods.flatMap((period) =>
    period.problems.filter((problem) => symptom.isSymptom(problem, period)).map((problem) => ({ problem, period })),
  );
  const first = found[0];
  if (first === undefined || found.length < (symptom.atLeast ?? 1)) return [];
  const release = first.period.process.release ?? commonRelease(histories);
  const ofObserver = first.period.role === "OBSERVING" ? (symptom.observerBugs ?? []) : [];
  const bugs = bugsIn([...symptom.bugs, ...ofObserver], release);
  if (bugs.length === 0 && symptom.onlyWithBug) return [];
  const times = found.length === 1 ? "" : ` (${found.length} times)`;
  return [
    {
      ...{ rule: "known-bug", severity: symptom.severity, certainty: symptom.certainty, servers: [server] },
      timeMs: aligned(server, first.problem.at.timeMs),
      title: symptom.title(server) + times,
      evidence: found.slice(0, MAX_EVIDENCE).map(({ problem }) => problem.at),
      ...namedBugs(symptom.cause, bugs),
    },
  ];
}

/** A server that goes on for this time after a symptom does not recover by itself. */
const GOES_ON_MS = 10_000;

/** ZOOKEEPER-3320: a server goes on although no other server can connect to it in an election. */
function withoutElectionPort({ aligned, histories }: Ensemble, { processes, server }: ServerHistory): Finding[] {
  return processes.flatMap((run): Finding[] => {
    const at = run.fatal.find(({ text }) => text.includes("participate in leader election any longer"));
    if (at?.timeMs === undefined || run.lastMs === undefined || run.lastMs - at.timeMs < GOES_ON_MS) return [];
    const bug = bugIn("zookeeper-3320-server-continues-without-election-port", run.release ?? commonRelease(histories));
    return [
      {
        ...{ rule: "known-bug", severity: "problem", certainty: "proven", servers: [server] },
        timeMs: aligned(server, at.timeMs),
        title: `server ${server} goes on without its election port`,
        cause:
          "The thread that accepts connections on the election port has ended. In the next election, servers with " +
          "larger ids cannot connect to this server, and it may stay without a leader.",
        evidence: [at] as Evidence[],
        advice: [
          `Restart server ${server}. If its address was not resolvable for a short time, raise ` +
            "zookeeper.electionPortBindRetry (0 means no limit).",
        ],
        ...(bug !== undefined && { bug }),
      },
    ];
  });
}

/** Returns whether a server looks for a leader soon after this time. */
function leavesSoon({ end }: RolePeriod, fromMs = 0): boolean {
  return end?.kind === "looking" && end.timeMs !== undefined && end.timeMs - fromMs < GOES_ON_MS;
}

/** A leader goes on although the thread that accepts its learners has ended (ZOOKEEPER-2029, ZOOKEEPER-4203). */
function withoutAcceptor(ensemble: Ensemble, { periods, server }: ServerHistory): Finding[] {
  return periods.flatMap((period): Finding[] => {
    const at = period.problems.find(({ event }) => event === "acceptor-failed")?.at;
    const lastMs = period.end?.timeMs ?? period.process.lastMs;
    if (period.role !== "LEADING" || at?.timeMs === undefined) return [];
    if (lastMs === undefined || lastMs - at.timeMs < GOES_ON_MS) return [];
    const bugs = bugsIn(ACCEPTOR_BUGS, period.process.release ?? commonRelease(ensemble.histories)).slice(0, 1);
    const { advice, ...named } = namedBugs(
      "The thread that accepts connections of learners has ended, and the leader keeps its role. A learner that " +
        "loses its connection cannot join again.",
      bugs,
    );
    return [
      {
        ...{ rule: "known-bug", severity: "problem", certainty: "proven", servers: [server] },
        timeMs: ensemble.aligned(server, at.timeMs),
        title: `leader ${server} goes on although it accepts no learner any more`,
        evidence: [at],
        advice: [`Restart server ${server}, so that another server leads.`, ...advice],
        ...named,
      },
    ];
  });
}

const ACCEPTOR_BUGS = [
  "zookeeper-2029-leader-continues-without-acceptor",
  "zookeeper-4203-new-leader-forgets-failed-acceptor",
];
