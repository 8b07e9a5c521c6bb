/** Says in words why a server does not start, and why a file cannot be read. */

import type { LogDamage, LogEnd, SnapshotDamage } from "../formats/index.ts";
import { asZxid, formatZxid } from "../protocol/zxid.ts";
import type { LogFile, SnapshotFile } from "./data-directory.ts";
import type { FoundAt, StartFailure } from "./predict-start.ts";
import { textOf } from "./zxid-set.ts";

const STOPS: Readonly<Record<LogDamage | LogEnd, string>> = {
  "empty-file": "is empty",
  "short-header": "ends inside its header",
  "bad-magic": "does not start with ZKLG",
  "bad-checksum": "has a record with a wrong checksum",
  "unreasonable-length": "has a record whose length is negative or above jute.maxbuffer",
  "null-entry": "has a record of length -1",
  "unsupported-type": "has a transaction of a type that this release does not know",
  "unreasonable-field": "has a record with a field of unreasonable length",
  "end-of-file": "ends after a whole record",
  padding: "ends with padding",
  torn: "ends inside a record",
  "no-end-byte": "has a record without its end byte",
  "short-entry": "has a record that ends inside a field",
};

const SNAPSHOT_DAMAGE: Readonly<Record<SnapshotDamage, string>> = {
  incomplete: "is incomplete",
  short: "ends too early",
  "bad-magic": "does not start with ZKSN",
  "unreasonable-length": "has a length that is negative or above jute.maxbuffer",
  "parent-missing": "has a znode without its parent",
  "bad-checksum": "has a wrong checksum",
  "bad-compression": "has damaged compressed data",
  "null-path": "has a znode without a path",
  "null-acl-list": "has no list of ACLs where one must be",
  "null-acl": "has an ACL without scheme or id",
  "bad-digest": "has a digest that is not a number",
};

/** Returns where and how a log file ends, for example `log.5 has a record with a wrong checksum at byte 1234`. */
export function stopText({ name, stop }: LogFile): string {
  const place = stop.reason === "empty-file" ? "" : ` at byte ${stop.offset}`;
  return `${name} ${STOPS[stop.reason]}${place}`;
}

/** Returns why a snapshot cannot be used. */
export function snapshotText(snapshot: SnapshotFile): string {
  return `${snapshot.name} ${snapshotProblem(snapshot)}`;
}

/** Returns why a snapshot cannot be used, without its name. */
export function snapshotProblem({ content, looksValid }: SnapshotFile): string {
  if (!looksValid) return "is incomplete: ZooKeeper ignores it";
  if (content.kind === "snapshot") return "is usable";
  return `${SNAPSHOT_DAMAGE[content.reason]} at byte ${content.offset}`;
}

/** Returns in which files the transactions around a hole are. */
export function holeText(after: FoundAt, next: FoundAt): string {
  const [last, first] = [formatZxid(after.zxid), formatZxid(next.zxid)];
  return after.file.name === next.file.name
    ? `in ${next.file.name}, ${first} follows ${last}`
    : `${after.file.name} ends at ${last}, and the next transaction is ${first} in ${next.file.name}`;
}

/** Returns why a server does not start, as a sentence without its subject. */
export function failureText(failure: StartFailure): string {
  switch (failure.reason) {
    case "misplaced-files":
      return `dataLogDir contains snapshots, or dataDir contains logs: ${failure.files.join(", ")}`;
    case "no-usable-snapshot":
      return "no snapshot can be read";
    case "fatal-snapshot":
      return snapshotText(failure.snapshot);
    case "log-without-snapshot":
      return "there is a log, but no snapshot (ZOOKEEPER-2325)";
    case "damaged-log":
      return stopText(failure.log);
    case "gap-in-log":
      return `its log lacks ${missingText(failure)}: ${holeText(failure.after, failure.next)}`;
    case "unreadable-epoch":
      return `${failure.file} contains "${failure.text}", which is not a number`;
    case "current-epoch-too-old":
      return `currentEpoch is ${failure.currentEpoch}, older than the last zxid ${formatZxid(failure.lastZxid)}`;
    case "accepted-epoch-below-current":
      return `acceptedEpoch is ${failure.acceptedEpoch}, below currentEpoch, which is ${failure.currentEpoch}`;
  }
}

function missingText({ after, next }: { readonly after: FoundAt; readonly next: FoundAt }): string {
  return textOf([{ first: asZxid(after.zxid + 1), last: asZxid(next.zxid - 1) }]);
}
