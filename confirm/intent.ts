/** What a thread of a real server is about to do on the disk, in terms of the facts of a simulated run. */
import { basename } from "node:path";
import { formatZxid, type Zxid } from "../protocol/index.ts";
import { lastZxidInLog } from "./disk-history.ts";
import type { Question } from "./preload.ts";
import type { Fact } from "./schedule.ts";

/** What a thread is about to do. `free`: the simulated run has no such event. */
export type Intent =
  | { readonly kind: "free" }
  | { readonly kind: "sync"; readonly zxid: Zxid | undefined }
  /** It creates the temporary file of this epoch file. A crash that comes first must leave no such file. */
  | { readonly kind: "epoch-tmp"; readonly file: string }
  | { readonly kind: "epoch-file" | "snapshot" | "truncate" | "remove"; readonly file: string };

const EPOCH_FILE = /^(acceptedEpoch|currentEpoch)$/;
const EPOCH_TMP = /^(acceptedEpoch|currentEpoch)\.tmp$/;
const VERBS = {
  "epoch-tmp": "starts to write",
  "epoch-file": "writes",
  snapshot: "writes",
  truncate: "truncates",
  remove: "deletes",
} as const;

/** Returns whether a name is that of a complete snapshot file. */
export function isSnapshotName(name: string): boolean {
  return /^snapshot\.[0-9a-f]+$/.test(name);
}

/** Returns whether an operation makes the content of a file durable. */
export function isSync(operation: string): boolean {
  return operation === "fsync" || operation === "fdatasync";
}

/** Returns what a thread of a server of this release is about to do. */
export function intentOf({ arguments: [path = ""], operation }: Question, release: string): Intent {
  const file = basename(path);
  const isLog = file.startsWith("log.");
  if (isSync(operation) && isLog) return { kind: "sync", zxid: lastZxidInLog(path, release) };
  const ofTmp = operation === "open" ? EPOCH_TMP.exec(file)?.[1] : undefined;
  if (ofTmp !== undefined) return { kind: "epoch-tmp", file: ofTmp };
  if (operation === "rename" && EPOCH_FILE.test(file)) return { kind: "epoch-file", file };
  if ((operation === "rename" || operation === "close") && isSnapshotName(file)) return { kind: "snapshot", file };
  if (operation.startsWith("ftruncate") && isLog) return { kind: "truncate", file };
  if (operation === "unlink" && isLog) return { kind: "remove", file };
  return { kind: "free" };
}

/** Returns whether a fact of the simulated run is what a thread is about to do. */
export function matches(intent: Intent, fact: Fact): boolean {
  if (intent.kind === "free") return true;
  if (intent.kind === "sync") return fact.kind === "sync";
  const kind = intent.kind === "epoch-tmp" ? "epoch-file" : intent.kind;
  return fact.kind === kind && "file" in fact && fact.file === intent.file;
}

/** Returns an intent as a clause that follows "server N". */
export function intentText(intent: Intent): string {
  if (intent.kind === "free") return "goes on";
  if (intent.kind === "sync")
    return `syncs its log up to ${intent.zxid === undefined ? "its start" : formatZxid(intent.zxid)}`;
  return `${VERBS[intent.kind]} ${intent.file}`;
}
