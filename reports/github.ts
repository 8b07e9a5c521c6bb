/**
 * Findings as annotations of a GitHub workflow: commands on stdout that name a file, and say what is wrong there.
 */
import type { ReportedFinding } from "./campaign.ts";

export function githubAnnotation({ file, known, signature, why }: ReportedFinding, replay: string): string {
  const level = known.length === 0 ? "error" : "notice";
  const title = `zabsim: ${signature}`;
  const message = known.length === 0 ? `${why}\n\nreplay: ${replay}` : `known: ${known.join(", ")}`;
  return `::${level} file=${property(file)},line=1,title=${property(title)}::${data(message)}`;
}

/** As the runner reads them back: @actions/core escapes the same characters. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
