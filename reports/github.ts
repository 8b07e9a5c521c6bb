/**
 * Findings as annotations of a GitHub workflow: workflow commands on stdout, each with a file and a message.
 */
import type { ReportedFinding } from "./campaign.ts";

export function githubAnnotation({ file, known, signature, why }: ReportedFinding, replay: string): string {
  const level = known.length === 0 ? "error" : "notice";
  const title = `zabsim: ${signature}`;
  const message = known.length === 0 ? `${why}\n\nreplay: ${replay}` : `known bug: ${known.join(", ")}`;
  return `::${level} file=${escapeProperty(file)},line=1,title=${escapeProperty(title)}::${escapeData(message)}`;
}

/** Escapes the characters that @actions/core escapes and the runner restores. */
function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
