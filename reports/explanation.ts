/**
 * Prints the answer of `zabsim explain`: the verdict, the servers, the ensemble over time, the sync-decision table, the
 * findings with their evidence, and the timeline if it is wanted.
 */
import type { ChalkInstance } from "chalk";
import type {
  ExplainAnswer,
  FindingAnswer,
  HandshakeAnswer,
  LineAnswer,
  ServerAnswer,
  StatesAnswer,
} from "../explain/answer.ts";
import { type DecisionRow, decisionRows } from "./decision-rows.ts";
import { bugText, clockText, committedLogText, findingLabel, reasonOf, zxidText } from "./explanation-texts.ts";
import { countOf, formatSpan, hanging, visibleLength } from "./format.ts";
import { tableLines } from "./table-layout.ts";

/** The number of rows of the ensemble table that are printed. */
const MAX_STATES = 80;
/** The number of evidence lines of a finding that are printed. */
const MAX_EVIDENCE = 8;

/** Returns the report with lines of at most `width` columns. */
export function explanationText(answer: ExplainAnswer, paint: ChalkInstance, width: number): string {
  const { ensemble, findings, handshakes, servers, timeline } = answer;
  if (timeline !== undefined) return timelineText(timeline, width);
  return [
    ...verdictLines(findings, paint, width),
    "",
    ...serverLines(servers, width),
    "",
    paint.bold("The ensemble over time"),
    ...stateLines(ensemble, servers, paint, width),
    "",
    paint.bold("Sync decisions"),
    decisionsText(handshakes, paint, width),
    ...checkLines(handshakes, width),
    "",
    paint.bold(findings.length === 0 ? "No findings" : `${countOf(findings.length, "finding")}`),
    ...findings.flatMap((finding) => ["", ...findingLines(finding, paint, width)]),
  ].join("\n");
}

// ---- the servers

function serverLines(servers: readonly ServerAnswer[], width: number): string[] {
  return servers.flatMap(({ clock, elections, files, from, releases, server, starts, until }) => {
    const release = releases.length === 0 ? "release unknown" : `ZooKeeper ${releases.join(", then ")}`;
    const span = from === null ? "no times" : `${from} .. ${until}`;
    const counts = `${countOf(starts, "start")}, ${countOf(elections, "election")}`;
    const head = `server ${server}: ${release}, ${span}, ${counts}${clockText(clock, server)}`;
    return [...hanging(head, "", "  ", width), ...hanging(files.join(", "), "  ", "    ", width)];
  });
}

// ---- the ensemble

function stateLines(
  rows: readonly StatesAnswer[],
  servers: readonly ServerAnswer[],
  paint: ChalkInstance,
  width: number,
): string[] {
  if (rows.length === 0) return ["  no log shows a state"];
  const shown = rows.slice(-MAX_STATES);
  const ids = servers.map(({ server }) => server);
  const day = (shown[0] as StatesAnswer).time.slice(0, 10);
  const isOneDay = shown.every(({ time }) => time.startsWith(day));
  const table = (short: boolean): string[] =>
    tableLines(
      [
        [short ? day : "from", ...ids.map((id) => `server ${id}`)].map((title) => paint.dim(title)),
        ...shown.map(({ changed, states, time }) => [
          short ? time.slice(11) : time,
          ...ids.map((id) => {
            const state = states[String(id)] ?? "";
            return changed.includes(id) ? state : paint.dim(state);
          }),
        ]),
      ],
      { gap: "  " },
    );
  const wide = table(false);
  const lines = isOneDay && wide.some((line) => visibleLength(line) > width - 2) ? table(true) : wide;
  const earlier = rows.length - shown.length;
  return [
    ...(earlier === 0 ? [] : [`  ${countOf(earlier, "earlier row")}; --json prints all rows`]),
    ...lines.map((line) => `  ${line}`),
  ];
}

// ---- the decisions

function decisionsText(handshakes: readonly HandshakeAnswer[], paint: ChalkInstance, width: number): string {
  if (handshakes.length === 0) return "  no log shows a synchronization";
  const areMixed = new Set(handshakes.flatMap((one) => [one.leaderRelease, one.learnerRelease])).size > 1;
  const rows = handshakes.map((one) => rowOf(one, paint, areMixed));
  return decisionRows(rows, paint, { width });
}

function rowOf(handshake: HandshakeAnswer, paint: ChalkInstance, areMixed: boolean): DecisionRow {
  const { decision, epoch, leader, learner, observer, servingAfterMs, zxid } = handshake;
  const release = (one: string | null): string => (areMixed && one !== null ? ` ${one}` : "");
  const sent = `${decision ?? "unknown"}${zxid === null ? "" : ` ${zxidText(zxid)}`}`;
  const last = zxidText(handshake.lastProcessedZxid);
  const facts = `committedLog ${committedLogText(handshake)}, lastProcessedZxid ${last}`;
  const reason = reasonOf(handshake);
  const runs = release(handshake.leaderRelease).replace(/^ /, " runs ");
  return {
    title: `leader ${leader ?? "?"}${runs}${epoch === null ? "" : `, epoch ${epoch}`}`,
    cells: {
      learner: `${learner} ${observer ? "observer" : "follower"}${release(handshake.learnerRelease)}`,
      committedLog: committedLogText(handshake),
      last: zxidText(handshake.lastProcessedZxid),
      peer: zxidText(handshake.peerLastZxid),
      decision: paint.bold(sent),
      time: servingAfterMs === null ? "-" : formatSpan(servingAfterMs * 1000),
    },
    reason,
    narrowReason: handshake.leaderLines.length === 0 ? reason : `${reason}; ${facts}`,
  };
}

/** Says how many decisions agree with the core. */
function checkLines(handshakes: readonly HandshakeAnswer[], width: number): string[] {
  const count = (check: string): number => handshakes.filter((one) => one.check === check).length;
  const texts: readonly (readonly [string, string])[] = [
    ["agrees", "are those of zabsim's model of the release"],
    ["possible", "are possible, but depend on transactions that no log line contains"],
    ["differs", "differ from zabsim's model of the release"],
    ["unknown", "cannot be checked, because the leader's lines are missing"],
  ];
  const parts = texts.flatMap(([check, text]) => (count(check) === 0 ? [] : [`${count(check)} ${text}`]));
  if (parts.length === 0) return [];
  return hanging(`Of ${countOf(handshakes.length, "decision")}, ${parts.join("; ")}.`, "  ", "  ", width);
}

// ---- the findings

/** Returns the title of each finding that is not only a note, as the first lines of the report. */
function verdictLines(findings: readonly FindingAnswer[], paint: ChalkInstance, width: number): string[] {
  const worse = findings.filter(({ severity }) => severity !== "note");
  const notes = findings.length - worse.length;
  const rest = notes === 0 ? "" : ` (and ${countOf(notes, "note")}, at the end)`;
  if (worse.length === 0) return [paint.bold(`No problem found${rest}`)];
  return [
    paint.bold(`${countOf(worse.length, "problem")}${rest}:`),
    ...worse.flatMap((finding) => hanging(`${findingLabel(finding)}: ${finding.title}`, "  ", "    ", width)),
  ];
}

function findingLines(finding: FindingAnswer, paint: ChalkInstance, width: number): string[] {
  const { advice, bug, cause, evidence, rule, severity, time, title } = finding;
  const isBad = severity === "loss" || severity === "violation";
  const [first = "", ...rest] = hanging(`${findingLabel(finding)}: ${title}`, "", "  ", width);
  return [
    isBad ? paint.red(first) : paint.bold(first),
    ...rest,
    ...hanging(`${cause} (${rule}${time === null ? "" : `, ${time}`})`, "  ", "  ", width),
    ...(bug === null ? [] : hanging(bugText(bug), "  known bug: ", "    ", width)),
    ...evidenceLines(evidence, paint, width),
    ...advice.flatMap((text) => hanging(text, "  → ", "    ", width)),
  ];
}

function evidenceLines(lines: readonly LineAnswer[], paint: ChalkInstance, width: number): string[] {
  const shown = lines.slice(0, MAX_EVIDENCE);
  return [
    ...shown.flatMap(({ file, line, text }) => [
      `  ${paint.cyan(`${file}:${line}`)}`,
      ...hanging(text, "    ", "      ", width),
    ]),
    ...(lines.length > shown.length ? [`  … ${countOf(lines.length - shown.length, "more line")}`] : []),
  ];
}

// ---- the timeline

function timelineText(timeline: NonNullable<ExplainAnswer["timeline"]>, width: number): string {
  if (timeline.length === 0) return "no event of these servers is in this time";
  return timeline
    .flatMap(({ file, line, server, text, time }) =>
      hanging(
        `${text}  [${file}:${line}]`,
        `${time}  ${server}  `,
        " ".repeat(time.length + String(server).length + 4),
        width,
      ),
    )
    .join("\n");
}
