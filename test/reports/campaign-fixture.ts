/** Makes a campaign report with one new finding and one finding that a known bug explains. */
import type { CampaignReport, FindingCommands, ReportedFinding } from "../../reports/campaign.ts";

export const newFinding: ReportedFinding = {
  signature: "agreement (following, leading)",
  invariant: "agreement",
  seed: "17",
  known: [],
  steps: 3,
  servers: 3,
  shrinkRuns: 120,
  shrinkComplete: true,
  needsNoSeed: true,
  why: "agreement: server 2 delivers 2:1 <w5> & so on,\n100 % of the time",
  file: "out/a:b,c.yaml",
  count: 4,
};

export const knownFinding: ReportedFinding = {
  ...newFinding,
  invariant: "initial-history-agreement",
  signature: "initial-history-agreement (leading)",
  known: ["open-one"],
};

export const report: CampaignReport = {
  runs: 12_345,
  events: 9_999_999,
  virtualUs: 7_200_000_000,
  seconds: 12.3456,
  runsPerS: 1000,
  workers: 2,
  interrupted: false,
  uninvestigated: 0,
  strict: false,
  nondeterminism: [],
  findings: [newFinding, knownFinding],
  knownBugs: [
    { id: "open-one", firstReleaseWithout: null },
    { id: "zookeeper-1-fixed", firstReleaseWithout: "3.8.5" },
  ],
  coverage: { size: 99, neverReached: ["rule forced-snap"] },
  faults: new Map([
    ["partition", [10, 7]],
    ["crash", [3, 0]],
    ["write", [500, 400]],
  ]),
};

export const commandsFor = ({ file, seed }: ReportedFinding): FindingCommands => [
  `replay: npx zabsim replay ${file}`,
  `repeat: npx zabsim fuzz --seeds ${seed}..${seed}`,
];
