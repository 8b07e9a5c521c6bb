/** Runs `zabsim explain`, `zabsim doctor` and `zabsim probe` as an operator does, and looks up what they print. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { DoctorAnswer } from "../../../doctor/diagnose.ts";
import type { ExplainAnswer, FindingAnswer } from "../../../explain/answer.ts";
import type { FindingRule } from "../../../explain/finding.ts";

const RUN_MS_MAX = 120_000;
const EXIT_FINDING = 1;

/** The commands, of the build in dist/. */
export class Zabsim {
  private readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  explain(logs: readonly string[]): ExplainAnswer {
    return this.run(["explain", "--json", ...logs]) as ExplainAnswer;
  }

  doctor(release: string, config: string, directories: readonly string[]): DoctorAnswer {
    const options = ["--json", "--zookeeper", release, "--config", config];
    return this.run(["doctor", ...options, ...directories]) as DoctorAnswer;
  }

  probe(release: string, port: number, zxid: string): unknown {
    return this.run(["probe", `127.0.0.1:${port}`, "--zxid", zxid, "--zookeeper", release, "--json"]);
  }

  private run(args: readonly string[]): unknown {
    const command = [join(this.root, "bin", "zabsim.js"), ...args];
    const { error, status, stderr, stdout } = spawnSync(process.execPath, command, {
      encoding: "utf8",
      timeout: RUN_MS_MAX,
      maxBuffer: 1 << 28,
    });
    if (status !== 0 && status !== EXIT_FINDING) {
      throw new Error(`zabsim ${args.join(" ")} ended with ${status ?? error?.message}:\n${stderr}`);
    }
    return JSON.parse(stdout);
  }
}

/** What a finding of `zabsim explain` must say. */
export interface ExpectedFinding {
  readonly rule: FindingRule;
  readonly servers?: readonly number[];
  readonly title?: RegExp;
  readonly cause?: RegExp;
  readonly severity?: string;
  readonly certainty?: string;
  /** Each of these must match an evidence line of this server. */
  readonly evidence: readonly (readonly [server: number, text: RegExp])[];
  /** Each of these must match a piece of advice. An empty list means that nothing is advised. */
  readonly advice: readonly RegExp[];
}

/**
 * Returns the finding that is as expected. Throws an Error with all findings if there is none, or if an evidence line
 * does not stand at its place in the log.
 */
export function expectFinding(
  { findings }: ExplainAnswer,
  expected: ExpectedFinding,
  logText: (server: number) => string,
): FindingAnswer {
  const found = findings.find((finding) => isExpected(finding, expected));
  if (found === undefined) {
    throw new Error(`explain does not say ${textOf(expected)}, but:\n${JSON.stringify(findings, null, 1)}`);
  }
  for (const { line, server, text } of found.evidence) {
    const [, message] = /\] - \S+ +\[.*?\] - (.+)$/.exec(logText(server).split("\n")[line - 1] ?? "") ?? [];
    // The text of an evidence line ends with the exception, which is on the lines after the message.
    if (message !== undefined && text.startsWith(message)) continue;
    throw new Error(`explain gives line ${line} of server ${server} as evidence, which is not:\n${text}`);
  }
  return found;
}

function isExpected(finding: FindingAnswer, expected: ExpectedFinding): boolean {
  const { advice, cause, certainty, evidence, rule, servers, severity, title } = expected;
  return (
    finding.rule === rule &&
    (servers === undefined || finding.servers.join() === servers.join()) &&
    (title?.test(finding.title) ?? true) &&
    (cause?.test(finding.cause) ?? true) &&
    (severity === undefined || finding.severity === severity) &&
    (certainty === undefined || finding.certainty === certainty) &&
    evidence.every(([server, text]) =>
      finding.evidence.some((line) => line.server === server && text.test(line.text)),
    ) &&
    (advice.length > 0 || finding.advice.length === 0) &&
    advice.every((text) => finding.advice.some((one) => text.test(one)))
  );
}

function textOf(expected: object): string {
  return JSON.stringify(expected, (_, value) => (value instanceof RegExp ? String(value) : value));
}

/** Throws an Error with the whole answer if none of the doctor's findings or pieces of advice matches. */
export function expectInDoctor(answer: DoctorAnswer, part: "findings" | "advice", text: RegExp): void {
  if (answer[part].some((one) => text.test(one.text))) return;
  throw new Error(`the ${part} of doctor do not contain ${text}:\n${JSON.stringify(answer, null, 1)}`);
}
