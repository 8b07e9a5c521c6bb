/**
 * `zabsim explain` reads logs of real servers and explains what the handshake did, and why.
 */
import { answerOf } from "../explain/answer.ts";
import { ensembleOf } from "../explain/ensemble.ts";
import { explanationText } from "../reports/explanation.ts";
import { type LogOptions, readEnsembleLogs } from "./ensemble-logs.ts";
import { EXIT_FINDING, EXIT_OK } from "./exit-codes.ts";
import { paintFor } from "./options.ts";
import { textWidth, write } from "./output.ts";

export interface ExplainOptions extends LogOptions {
  readonly json?: boolean;
  readonly zookeeper?: string;
  readonly timeline?: boolean;
}

export async function explain(paths: readonly string[], options: ExplainOptions): Promise<number> {
  const { files, fromMs, histories, ids, untilMs } = await readEnsembleLogs(paths, options, { keepsEvents: false });
  const isTimeline =
    options.timeline === true || ids !== undefined || options.from !== undefined || options.until !== undefined;
  const ensemble = ensembleOf(histories, { release: options.zookeeper });
  const answer = answerOf(ensemble, files, isTimeline ? { servers: ids, fromMs, untilMs } : undefined);
  const text = options.json ? JSON.stringify(answer) : explanationText(answer, paintFor(process.stdout), textWidth());
  await write(`${text}\n`);
  return answer.fault ? EXIT_FINDING : EXIT_OK;
}
