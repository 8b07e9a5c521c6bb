/**
 * The parts of docs/findings/ that `npm run golden` writes: the index, and the blocks with facts in each report. The
 * rest of a report is written by hand.
 */
import type { DecisionRecord } from "../cluster/records.ts";
import type { Try } from "../confirm/confirm.ts";
import { formatZxid, type Zxid } from "../protocol/zxid.ts";
import { scenariosWith } from "./findings-page.ts";
import { countOf } from "./format.ts";
import { FAILING_VERDICTS, failureRates } from "./judge.ts";
import type { JudgmentSummary } from "./judgment-summary.ts";
import { markdownTable } from "./markdown-table.ts";

/** A confirmed try of `zabsim confirm`, as docs/findings/confirmed.json keeps it. */
export interface ConfirmedTry extends Pick<Try, "deviations" | "seconds" | "servers" | "violations"> {
  readonly scenario: string;
  readonly release: string;
}

/** How many tries of `zabsim confirm` are confirmed (docs/verdicts.json). */
export interface TryCount {
  readonly confirmed: number;
  readonly tries: number;
  /** The number of tries in which no deviation from the order comes before the violation. */
  readonly inOrder: number;
}

/** The end of one real server in a scenario of the kind `ensembles`. */
export interface EnsembleServer {
  readonly mode: string;
  readonly committed: string;
  readonly pending?: string;
  readonly znode?: string;
  readonly writes?: string;
  readonly acceptedEpoch?: number;
  readonly currentEpoch?: number;
}

/** What real servers did in a scenario of the kind `ensembles`, as docs/findings/ensembles.json keeps it. */
export interface EnsembleAnswer {
  /** The name in test/java/ensemble-scenarios.ts. */
  readonly scenario: string;
  readonly release: string;
  /** The result of each write and of each reconfiguration, in order. */
  readonly results: readonly string[];
  readonly servers: Readonly<Record<string, EnsembleServer>>;
  /** How often one server has connected to a leader. */
  readonly joins?: number;
}

/** A synchronization of the simulated run. */
export type Synchronization = DecisionRecord & { readonly leader: number };

/** What zabsim knows about one finding. */
export interface FindingFacts {
  /** The name of the scenario, and of the report. */
  readonly scenario: string;
  /** The first heading of the report. */
  readonly title: string;
  readonly effect: string;
  /** The published releases in which the scenario fails, oldest first, in ranges such as `3.5.5 to 3.9.5`. */
  readonly affected: string;
  readonly affectedCount: number;
  /** The other releases whose code has the cause; empty if there is none. */
  readonly alsoCaused: string;
  /** The behavior that fixes the bug. */
  readonly fix: string;
  readonly synchronizations: readonly Synchronization[];
  /** Null if `zabsim confirm` cannot stage the scenario. */
  readonly confirmedTry: ConfirmedTry | null;
  /** Null if docs/verdicts.json has no verdict about this release. */
  readonly tries: TryCount | null;
  /** Null if the kind `ensembles` has no such scenario. */
  readonly ensemble: EnsembleAnswer | null;
  /** Null if `npm run findings` has not judged the fix. */
  readonly judgment: JudgmentSummary | null;
}

/** The generated blocks of a report, by their names. */
export const BLOCKS: Readonly<Record<string, (facts: FindingFacts) => string>> = {
  facts: factsBlock,
  fix: fixBlock,
  evidence: evidenceBlock,
  commands: commandsBlock,
};

const BLOCK = /<!-- generated: (\w+) -->\n[\s\S]*?<!-- end -->/g;

/** Returns the page of a report with its generated blocks replaced. */
export function withBlocks(page: string, facts: FindingFacts): string {
  return page.replace(BLOCK, (_, name: string) => {
    const block = BLOCKS[name];
    if (block === undefined) throw new Error(`docs/findings/${facts.scenario}.md: unknown block ${name}`);
    return `<!-- generated: ${name} -->\n${block(facts).trimEnd()}\n<!-- end -->`;
  });
}

/** Returns in one phrase how real servers confirm a finding. */
export function verdictText({ confirmedTry, ensemble, tries }: FindingFacts): string {
  if (tries !== null) {
    const order = tries.inOrder === tries.tries ? "" : `, ${tries.inOrder} of them in the order of the simulated run`;
    const verdict = tries.confirmed * 10 >= tries.tries * 9 ? "confirmed" : "confirmed in some tries";
    return `${verdict}: ${tries.confirmed} of ${triesOf(tries.tries)}${order} (\`zabsim confirm\`)`;
  }
  if (confirmedTry !== null) return "confirmed (`zabsim confirm`)";
  if (ensemble !== null) return "confirmed (`npm run test:java -- --kind ensembles`)";
  return "not confirmed";
}

function triesOf(count: number): string {
  return count === 1 ? "1 try" : `${count} tries`;
}

function factsBlock(facts: FindingFacts): string {
  const { affected, affectedCount, alsoCaused, effect } = facts;
  const release = (facts.confirmedTry ?? facts.ensemble)?.release ?? "";
  return [
    `- **Effect**: ${effect}`,
    `- **Real servers of ${release}**: ${verdictText(facts)}`,
    `- **Affected releases**: ${affected} (${countOf(affectedCount, "published release")}, simulated).` +
      (alsoCaused === "" ? "" : ` The cause is also in ${alsoCaused}, where this scenario does not show it.`),
    "- Zxids are written as epoch:counter. 1:5 is 0x100000005.",
  ].join("\n");
}

function fixBlock({ fix, judgment }: FindingFacts): string {
  const what = `\`zabsim judge ${fix}\` shows what such a fix changes.`;
  if (judgment === null) return what;
  const { campaigns, scenarioCount } = judgment;
  const counts = FAILING_VERDICTS.map((verdict) => {
    const names = scenariosWith(judgment, verdict);
    return verdict === "stays"
      ? `- still fail, because of other bugs: ${names.length} of ${countOf(scenarioCount, "scenario")}`
      : `- ${verdict}: ${names.length === 0 ? "none" : names.join(", ")}`;
  });
  return [
    `${what} In ${judgment.release}:\n`,
    ...counts,
    ...(campaigns === null ? [] : [campaignLine(campaigns)]),
  ].join("\n");
}

function campaignLine(campaigns: NonNullable<JudgmentSummary["campaigns"]>): string {
  const [{ after, before }] = failureRates(campaigns);
  const broken = campaigns.broken.length === 0 ? "it breaks none" : `it breaks ${campaigns.broken.length}`;
  const plans = countOf(campaigns.with.runs, "plan");
  return `- ${plans} of a campaign: ${before} of 1,000 fail without it, ${after} with it; ${broken}`;
}

function evidenceBlock(facts: FindingFacts): string {
  const { confirmedTry, ensemble } = facts;
  if (confirmedTry !== null) return confirmedEvidence(facts, confirmedTry);
  return ensemble === null ? "None." : ensembleEvidence(ensemble);
}

function confirmedEvidence({ synchronizations, tries }: FindingFacts, one: ConfirmedTry): string {
  const { deviations, release, seconds, servers, violations } = one;
  const before = deviations.filter(({ isBeforeViolation }) => isBeforeViolation);
  const counts = tries === null ? "" : ` ${tries.confirmed} of ${triesOf(tries.tries)} confirm it.`;
  return [
    `Unmodified servers of ${release} ran in the order of the simulated run.${counts}`,
    `One of these tries took ${seconds.toFixed(0)} s. ${orderText(before.length, violations.length)}\n`,
    ...violations.map(({ server, text }) => `- Server ${server} ${text}.`),
    ...before.map(deviationLine),
    "",
    markdownTable(["server", "role at the end", "a client reads", "its disk has"], servers.map(serverRow)),
    "What the leaders sent to synchronize learners, in the order of the simulated run:\n",
    markdownTable(["leader", "learner", "learner's last zxid", "sync packet", "then"], synchronizations.map(packetRow)),
  ]
    .join("\n")
    .replace(/\n{3,}/g, "\n\n");
}

/** Says whether the order was kept, and what the lines after this sentence list. */
function orderText(before: number, violations: number): string {
  if (violations === 0) return "It ended in the same state as the simulated run:";
  if (before === 0) return "It kept the order until the violation:";
  return `${countOf(before, "deviation")} from the order came before the violation:`;
}

function deviationLine({ text }: ConfirmedTry["deviations"][number]): string {
  return `- Deviation: ${text}.`;
}

function serverRow({ disk, memory, mode, server }: ConfirmedTry["servers"][number]): string[] {
  return [String(server), mode, memory ?? "-", disk];
}

function packetRow(row: Synchronization): string[] {
  const { decision, leader, learner, peerLastZxid, zxid } = row;
  return [String(leader), String(learner), formatZxid(peerLastZxid), `${decision} ${formatZxid(zxid)}`, thenText(row)];
}

/** Says what the leader sends between the sync packet and NEWLEADER. */
function thenText({ firstZxid, forwarded, lastZxid, proposals }: Synchronization): string {
  const range = firstZxid === undefined || lastZxid === undefined ? "" : zxidRange(firstZxid, lastZxid);
  const committed = proposals === 0 ? [] : [`PROPOSAL and COMMIT ${range}`];
  const more = forwarded === 0 ? [] : [`${countOf(forwarded, "proposal")} that the leader has not applied`];
  return [...committed, ...more].join(", ") || "-";
}

function zxidRange(first: Zxid, last: Zxid): string {
  return first === last ? formatZxid(first) : `${formatZxid(first)}..${formatZxid(last)}`;
}

function ensembleEvidence({ joins, release, results, scenario, servers }: EnsembleAnswer): string {
  const columns = [
    "server",
    "role",
    "committed configuration",
    "pending",
    "/zookeeper/config",
    "writes",
    "currentEpoch",
  ];
  return [
    `\`npm run test:java -- --kind ensembles --release ${release}\` runs the steps with unmodified servers (scenario ` +
      `\`${scenario}\` in test/java/ensemble-scenarios.ts), and compares the end with the simulated one. ` +
      "Recorded from the real servers:\n",
    markdownTable(
      columns,
      Object.entries(servers).map(([sid, one]) => ensembleRow(sid, one)),
    ),
    `Results of the writes and reconfigurations, in order: ${results.join(", ") || "there are none"}. ` +
      '"outstanding": not committed in time. A server with the role "none" serves no client.',
    ...(joins === undefined ? [] : [`The counted server connected to a leader ${joins} times.`]),
  ].join("\n");
}

function ensembleRow(sid: string, { committed, currentEpoch, mode, pending, writes, znode }: EnsembleServer): string[] {
  return [sid, mode, committed, pending ?? "-", znode ?? "-", writes ?? "-", String(currentEpoch ?? "-")];
}

function commandsBlock({ confirmedTry, ensemble, fix, scenario }: FindingFacts): string {
  const confirm = confirmedTry && `npx zabsim confirm ${scenario} --release ${confirmedTry.release}`;
  const java = ensemble && `npm run test:java -- --kind ensembles --release ${ensemble.release}`;
  const commands = [
    `npx zabsim run ${scenario}`,
    `npx zabsim replay ${scenario}`,
    confirm,
    java,
    `npx zabsim judge ${fix}`,
  ];
  return ["```console", ...commands.filter(Boolean).map((line) => `$ ${line}`), "```"].join("\n");
}

const INTRODUCTION = `# Findings on the newest release

One report for each bug of the newest ZooKeeper release that unmodified servers show. Each report says what happens,
how to see it on a real ensemble, which methods are involved, and what a fix could be. The text is written by hand;
\`npm run golden\` writes this page and the parts between the comments "generated" and "end".

- \`npx zabsim confirm\` runs unmodified servers in the order of a simulated run ([confirm.md](../confirm.md)). The
  number of tries comes from verdicts.json, if it is there; [confirmed.json](confirmed.json) has one confirmed try.
- Reconfigurations cannot be staged by \`zabsim confirm\`. The kind \`ensembles\` of the Java tests runs them with real
  servers; \`npm run test:java -- --kind ensembles --record\` writes [ensembles.json](ensembles.json).
- [findings.md](../findings.md) shows what each fix and each open pull request changes ([judged.json](judged.json)).
- A release is affected if its code has the cause, as zabsim models it, and the simulated scenario fails in it
  ([affected.json](affected.json); \`npm run reports -- --affected\` writes it). The real servers are those of the
  newest release.
`;

/** Returns the index, docs/findings/README.md. */
export function findingsIndex(all: readonly FindingFacts[]): string {
  return `${INTRODUCTION}\n${markdownTable(["finding", "verdict", "affected", "fix"], all.map(indexRow))}`;
}

function indexRow(facts: FindingFacts): string[] {
  return [`[${facts.title}](${facts.scenario}.md)`, verdictText(facts), facts.affected, `\`${facts.fix}\``];
}
