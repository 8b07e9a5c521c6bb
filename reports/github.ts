/**
 * A campaign as annotations of a GitHub workflow: workflow commands on stdout. A campaign with an exit code other than
 * 0 has at least one annotation of the level `error`, and any other campaign has none.
 */
import type { CampaignReport, FindingCommands, ReportedFinding } from "./campaign.ts";
import { isCounted } from "./verdict.ts";

export function githubAnnotation(finding: ReportedFinding, commands: FindingCommands, strict: boolean): string {
  const { file, known, signature, why } = finding;
  const knownText = known.length === 0 ? [] : [`known bug: ${known.join(", ")}`];
  const message = isCounted(finding, strict) ? [...knownText, why, "", ...commands] : knownText;
  const level = isCounted(finding, strict) ? "error" : "notice";
  return command(level, { file, line: "1", title: `zabsim: ${signature}` }, message.join("\n"));
}

/** The annotation of a seed that gave two different runs. */
export function githubNondeterminism({ first, second, seed }: CampaignReport["nondeterminism"][number]): string {
  const message = `The first event that differs:\nrun 1: ${first}\nrun 2: ${second}`;
  return command("error", { title: `zabsim: seed ${seed} gave two different runs` }, message);
}

/** The annotation of a campaign that was interrupted. */
export function githubInterruption(text: string): string {
  return command("error", { title: "zabsim: interrupted" }, text);
}

function command(level: "error" | "notice", properties: Readonly<Record<string, string>>, message: string): string {
  const list = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(value)}`);
  return `::${level} ${list.join(",")}::${escapeData(message)}`;
}

/** Escapes the characters that @actions/core escapes and the runner restores. */
function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
