/**
 * Questions about damaged data directories: what does a server load, or why does it exit? The directories are those of
 * the recorded ensemble of the release (test/recordings).
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { diskRulesOf } from "../../doctor/disk-rules.ts";
import { predictStart, type StartFailure } from "../../doctor/predict-start.ts";
import { readDataDirectory } from "../../doctor/read-data-directory.ts";
import { MOMENTS, type Moment, RECORDINGS, unpackDisks } from "../recordings/disks.ts";
import { copyMutated, type Mutation, mutation, removeCopy } from "./disk-mutations.ts";
import type { Kind } from "./kinds.ts";

interface StartQuestion {
  readonly moment: Moment;
  readonly server: number;
  readonly mutations: readonly Mutation[];
}

/** The answer of Java: what the server loaded, or the exception with which it exits. */
interface JavaStart {
  readonly zxid?: string;
  readonly currentEpoch?: number;
  readonly acceptedEpoch?: number;
  readonly error?: string;
}

/** The exceptions of ZooKeeper, by the reasons of zabsim. */
const ERRORS: Readonly<Record<string, RegExp>> = {
  "no-usable-snapshot": /^IOException: Not able to find valid snapshots/,
  "fatal-snapshot": /^(NullPointerException|RuntimeException|NumberFormatException)/,
  "log-without-snapshot": /^IOException: No snapshot found, but there are log entries/,
  "empty-file": /^EOFException/,
  "short-header": /^EOFException/,
  "bad-magic": /^IOException: Transaction log: .* has invalid magic number/,
  "bad-checksum": /^IOException: CRC check failed/,
  "unreasonable-length": /^IOException: Unreasonable length/,
  "unreasonable-field": /^IOException: Unreasonable length/,
  "null-entry": /^NullPointerException/,
  "unsupported-type": /^IOException: Unsupported Txn with type/,
  "gap-in-log": /^IllegalStateException: Committed proposal cached out of order/,
  "unreadable-epoch": /^IOException: Found /,
  "current-epoch-too-old": /^IOException: The current epoch/,
  "accepted-epoch-below-current": /^IOException: The accepted epoch/,
};

const unpacked = new Map<string, string>();
let copies = 0;

/** Removes the unpacked disks. */
export function removeDisks(): void {
  for (const folder of unpacked.values()) rmSync(folder, { recursive: true, force: true });
  unpacked.clear();
}

/** Returns the folder of the disks of a release, which is unpacked once and removed at the end of the process. */
function disksOf(release: string): string {
  let folder = unpacked.get(release);
  if (folder === undefined) {
    if (unpacked.size === 0) process.once("exit", removeDisks);
    folder = unpackDisks(RECORDINGS.includes(release) ? release : "3.9.5");
    unpacked.set(release, folder);
  }
  return folder;
}

/** Returns the path of a new damaged copy. */
function copyFor({ moment, mutations, server }: StartQuestion, release: string): string {
  const disks = disksOf(release);
  const copy = join(disks, `copy-${copies++}`);
  copyMutated(join(disks, moment, String(server)), copy, mutations);
  return copy;
}

async function answer(question: StartQuestion, release: string): Promise<object> {
  const copy = copyFor(question, release);
  try {
    const { acceptedEpoch, currentEpoch, database, failure } = predictStart(
      await readDataDirectory(copy, diskRulesOf(release)),
    );
    if (failure !== undefined) return { error: errorOf(failure) };
    return { zxid: String(database?.lastZxid), currentEpoch, acceptedEpoch };
  } finally {
    removeCopy(copy);
  }
}

function errorOf(failure: StartFailure): string {
  return failure.reason === "damaged-log" ? failure.log.stop.reason : failure.reason;
}

/** The exceptions with which DataTree#processTxn meets a path that no server writes. */
const BAD_PATH = /^(StringIndexOutOfBoundsException|NullPointerException)/;

function agrees({ mutations }: StartQuestion, _release: string, java: unknown, zabsim: unknown): boolean {
  const [theirs, ours] = [java as JavaStart, zabsim as JavaStart];
  // zabsim applies no transaction, so it does not notice a forged path in a record with a right checksum.
  if (mutations.some((one) => "forge" in one) && BAD_PATH.test(theirs.error ?? "")) return true;
  if (ours.error !== undefined || theirs.error !== undefined) {
    return ERRORS[ours.error ?? ""]?.test(theirs.error ?? "") ?? false;
  }
  return JSON.stringify(theirs) === JSON.stringify(ours);
}

/** Damage that random mutations rarely make. `count` places: 32 of 160 bytes is a vector of ACLs, 40 is a scheme. */
const NEWEST = { snapshot: { kind: "snapshot", place: 0.999 }, log: { kind: "log", place: 0.999 } } as const;
const FIXED: readonly (readonly Mutation[])[] = [
  [],
  [{ count: NEWEST.snapshot, at: 32 / 160, value: -1 }],
  [{ count: NEWEST.snapshot, at: 40 / 160, value: -1 }],
  [{ cut: NEWEST.log, at: 0 }],
  [{ length: NEWEST.log, at: 0.5, value: -1 }],
  ...(["gz", "snappy"] as const).flatMap((method): Mutation[][] => [
    [{ compress: NEWEST.snapshot, method, at: 0, bits: 0 }],
    [{ compress: NEWEST.snapshot, method, at: 0.5, bits: 255 }],
    [{ compress: NEWEST.snapshot, method, at: 0.9999, bits: 255 }],
  ]),
];

export const startQuestions: Kind<StartQuestion> = {
  name: "start",
  cost: 5,
  releases: ["3.4.14", "3.5.10", "3.6.4", "3.8.4", "3.9.3", "3.9.5"],
  questions: fc.record({
    moment: fc.constantFrom(...MOMENTS),
    server: fc.integer({ min: 1, max: 3 }),
    mutations: fc.array(mutation, { minLength: 1, maxLength: 3 }),
  }),
  fixed: FIXED.flatMap((mutations) => MOMENTS.map((moment) => ({ moment, server: 1, mutations }))),
  toJava: (question, release) => ({ folder: copyFor(question, release) }),
  answer,
  agrees,
};
