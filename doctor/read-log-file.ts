/** Reads one log file of a data directory. */
import { TxnLogDecoder, type TxnLogItem, type TxnLogStop } from "../formats/index.ts";
import type { LogFile } from "./data-directory.ts";
import { DirectoryError } from "./directory-error.ts";
import type { DiskRules } from "./disk-rules.ts";
import { chunksOf } from "./read-files.ts";
import { TxnRuns } from "./txn-runs.ts";

/** The largest number of gaps in a log. It bounds the memory that a hostile file can take. */
const RUNS_MAX = 200_000;

function tooManyGaps(path: string): string {
  return `${path}: the zxids have more than ${RUNS_MAX} gaps (accepted: a log that ZooKeeper wrote)`;
}

/** Reads a log file up to the place where its content ends. The padding after that place is not read. */
export async function readLogFile(
  path: string,
  file: Pick<LogFile, "name" | "zxid" | "bytes">,
  rules: DiskRules,
): Promise<LogFile> {
  const decoder = new TxnLogDecoder(rules.log);
  const txns = new TxnRuns();
  const unread = new TxnRuns();
  let stop: TxnLogStop | undefined;
  const take = (item: TxnLogItem): void => {
    if (item.kind === "record") (stop === undefined ? txns : unread).add(item.zxid, item.fingerprint);
    else if (item.kind === "stop") stop ??= item;
    if (txns.runs.length + unread.runs.length > RUNS_MAX) throw new DirectoryError(tooManyGaps(path));
  };
  const takeAll = (): void => {
    for (let item = decoder.next(); item !== undefined; item = decoder.next()) take(item);
  };
  for await (const chunk of chunksOf(path)) {
    decoder.push(chunk);
    takeAll();
    if (decoder.isDone) break;
  }
  decoder.end();
  takeAll();
  return { ...file, txns, unread, stop: stop as unknown as TxnLogStop };
}
