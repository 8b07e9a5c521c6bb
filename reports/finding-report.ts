/**
 * The parts of docs/findings/ that `npm run golden` writes: the index, and the blocks with facts in each report. The
 * rest of a report is written by hand.
 */
import type { DecisionRecord } from "../cluster/records.ts";
import type { Try } from "../confirm/confirm.ts";
import { formatZxid, type Zxid } from "../protocol/zxid.ts";
import type { EnsembleServer, RecordedEnsemble } from "./ensemble-answers.ts";
import { scenariosWith } from "./findings-page.ts";
import { countOf } from "./format.ts";
import { FAILING_VERDICTS, failureRates } from "./judge.ts";
import type { JudgmentSummary } from "./judgment-summary.ts";
import { markdownTable } from "./markdown-table.ts";
import { TRIES, type TryCount, verdictOf } from "./verdicts.ts";

/** A confirmed try of `zabsim confirm`, as docs/findings/confirmed.json keeps it. */
export interface ConfirmedTry extends Pick<Try, "deviations" | "seconds" | "servers" | "violations"> {
  readonly scenario: string;
  readonly release: string;
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
  readonly ensemble: RecordedEnsemble | null;
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
    const verdict = verdictOf(tries) === "confirmed" ? "confirmed" : "confirmed in some tries";
    const count = `${tries.confirmed} of ${triesOf(tries.tries)}`;
    if (tries.tries >= TRIES) return `${verdict}: ${count}${order} (\`zabsim confirm\`)`;
    return `${verdict} so far: ${count}${order} (\`zabsim confirm\`; a verdict needs ${TRIES} tries)`;
  }
  if (confirmedTry !== null) return "confirmed in one try (`zabsim confirm`)";
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
    `The try in [confirmed.json](confirmed.json) took ${seconds.toFixed(0)} s. ` +
      `${orderText(before.length, violations.length)}\n`,
    ...violations.map(({ server, text }) => `- Server ${server} ${text}.`),
    ...before.map(deviationLine),
    "",
    markdownTable(["server", "role at the end", "a client reads", "its disk has"], servers.map(serverRow)),
    "What the leaders send to synchronize learners in the simulated run:\n",
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

function ensembleEvidence({ joins, release, results, scenario, servers }: RecordedEnsemble): string {
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

Reports of bugs of the newest ZooKeeper release that unmodified servers show. Each report says what happens, how to see
it on a real ensemble, which methods are involved, and what a fix could be. The text is written by hand;
\`npm run golden\` writes this page and the parts between the comments "generated" and "end".

- \`npx zabsim confirm\` runs unmodified servers in the order of a simulated run ([confirm.md](../confirm.md)). The
  number of tries is that of [verdicts.md](../verdicts.md): with fewer than ${TRIES}, a bug is confirmed "so far".
  [confirmed.json](confirmed.json) has one confirmed try.
- Reconfigurations cannot be staged by \`zabsim confirm\`. The kind \`ensembles\` of the Java tests runs them with real
  servers; \`npm run test:java -- --kind ensembles --record\` writes [ensembles.json](ensembles.json).
- [findings.md](../findings.md) shows what each fix and each open pull request changes ([judged.json](judged.json)).
- A release is affected if its code has the cause, as zabsim models it, and the simulated scenario fails in it
  ([affected.json](affected.json); \`npm run reports -- --affected\` writes it). The real servers are those of the
  newest release.
`;

/** Returns the index, docs/findings/README.md. `others`: the bugs that real servers show too, but without a report. */
export function findingsIndex(all: readonly FindingFacts[], others: readonly string[]): string {
  const table = markdownTable(["finding", "verdict", "affected", "fix"], all.map(indexRow));
  const list = others.map((bug) => `- [${bug}](../../scenarios/bugs/${bug}.yaml)`);
  const rest =
    others.length === 0 ? "" : `\nBugs that real servers show too, without a report:\n\n${list.join("\n")}\n`;
  return `${INTRODUCTION}\n${table}${rest}`;
}

function indexRow(facts: FindingFacts): string[] {
  return [`[${facts.title}](${facts.scenario}.md)`, verdictText(facts), facts.affected, `\`${facts.fix}\``];
}
