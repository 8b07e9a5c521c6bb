/**
 * Reports a campaign as annotations of a GitHub workflow. GitHub reads them from workflow commands on stdout. If and
 * only if the exit code of the campaign is not 0, there is an annotation of the level `error`.
 */
import type { CampaignReport, FindingCommands, ReportedFinding } from "./campaign.ts";
import { isCounted } from "./verdict.ts";

export function githubAnnotation(finding: ReportedFinding, commands: FindingCommands, strict: boolean): string {
  const { configuration, file, known, signature, why } = finding;
  const knownText = known.length === 0 ? [] : [`known bug: ${known.join(", ")}`];
  if (configuration !== undefined) knownText.push(`configuration: needs ${configuration}`);
  const message = isCounted(finding, strict) ? [...knownText, why, "", ...commands] : knownText;
  const level = isCounted(finding, strict) ? "error" : "notice";
  return command(level, { file, line: "1", title: `zabsim: ${signature}` }, message.join("\n"));
}

/** Returns the annotation for a seed that gave two different runs. */
export function githubNondeterminism({ first, second, seed }: CampaignReport["nondeterminism"][number]): string {
  const message = `The first event that differs:\nrun 1: ${first}\nrun 2: ${second}`;
  return command("error", { title: `zabsim: seed ${seed} gave two different runs` }, message);
}

/** Returns the annotation for an interrupted campaign. */
export function githubInterruption(text: string): string {
  return command("error", { title: "zabsim: interrupted" }, text);
}

function command(level: "error" | "notice", properties: Readonly<Record<string, string>>, message: string): string {
  const list = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(value)}`);
  return `::${level} ${list.join(",")}::${escapeData(message)}`;
}

/** Escapes a message of a workflow command as @actions/core does. The runner restores the characters. */
function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
