/** `zabsim view LOG…` writes a page that shows what the logs of real servers say. */
import { basename, resolve } from "node:path";
import { answerOf } from "../explain/answer.ts";
import { ensembleOf } from "../explain/ensemble.ts";
import { EVENTS_MAX, ensembleEvents } from "../explain/events/ensemble-events.ts";
import type { LogPageData } from "../view/page/page-data.ts";
import { type LogOptions, readEnsembleLogs } from "./ensemble-logs.ts";
import { type PageFileOptions, pageWith, savePage } from "./page-file.ts";
import { UsageError } from "./usage-error.ts";
import { VERSION } from "./version.ts";

export interface ViewLogsOptions extends LogOptions, PageFileOptions {
  readonly zookeeper?: string;
  readonly out?: string;
}

/** The limit of a page, in bytes. */
const PAGE_BYTES_MAX = 1_000_000;
/** The smallest number of events to which a page is cut. */
const EVENTS_MIN = 500;

export async function viewLogs(paths: readonly string[], options: ViewLogsOptions): Promise<number> {
  const { events, files, fromMs, histories, ids, untilMs } = await readEnsembleLogs(paths, options, {
    keepsEvents: true,
  });
  if (ids !== undefined) {
    throw new UsageError(`--server ${ids.join(",")}: the page shows all servers (accepted: a file, as in 3=zk.log)`);
  }
  const ensemble = ensembleOf(histories, { release: options.zookeeper });
  const { findings, handshakes, servers } = answerOf(ensemble, files);
  const title = titleOf(paths);
  const file = options.out ?? `${title}.html`;
  if (files.some(({ path }) => resolve(path) === resolve(file)))
    throw new UsageError(`--out ${file}: is one of the logs`);
  const pageOf = (limit: number): string => {
    const shown = ensembleEvents(ensemble, events, { fromMs, untilMs, limit });
    const data: LogPageData = { title, events: shown, answer: { servers, handshakes, findings }, version: VERSION };
    return pageWith(data);
  };
  let page = pageOf(EVENTS_MAX);
  for (let limit = EVENTS_MAX / 2; page.length > PAGE_BYTES_MAX && limit >= EVENTS_MIN; limit /= 2)
    page = pageOf(limit);
  return savePage(file, page, options);
}

/** Returns the name of the page: that of the only folder or file, or `logs`. */
function titleOf(paths: readonly string[]): string {
  const [only] = paths;
  const name =
    only === undefined || paths.length > 1 ? "" : basename(resolve(only)).replace(/\.(gz|log|txt|json)$/g, "");
  return name === "" || only === "-" ? "logs" : name;
}
