/**
 * Questions about data directories: logs with holes, with records twice or out of order, any choice of snapshots, and
 * records that are appended later.
 */
import fc from "fast-check";
import { differingOperations, diskAnswer } from "../conformance/disk-vectors.ts";
import { fieldsOf } from "../conformance/input-fields.ts";
import type { Kind } from "./kinds.ts";

interface DiskQuestion {
  readonly input: string;
}

const EPOCH = 2 ** 32;
const TXNS_MAX = 10;
const hex = (zxid: number): string => `0x${zxid.toString(16)}`;
const flags = (length: number): fc.Arbitrary<boolean[]> =>
  fc.array(fc.boolean(), { minLength: length, maxLength: length });
const rarely = fc.integer({ min: 0, max: 9 }).map((draw) => draw === 9);
const place = fc.nat({ max: TXNS_MAX - 1 });

/** The committed history: each transaction follows the one before, or starts an epoch. */
function historyOf(epochStarts: readonly boolean[], first = 0): number[] {
  let zxid = first;
  return epochStarts.map((isStart) => {
    zxid = isStart || zxid === 0 ? (Math.floor(zxid / EPOCH) + 1) * EPOCH + 1 : zxid + 1;
    return zxid;
  });
}

/** Cuts records into files, which are named after their first record. */
function filesOf(records: readonly number[], cuts: readonly boolean[]): string {
  const files: number[][] = [];
  records.forEach((zxid, i) => {
    if (i === 0 || (cuts[i % cuts.length] && !files.some(([name]) => name === zxid))) files.push([zxid]);
    else files.at(-1)?.push(zxid);
  });
  return files
    .sort(([a = 0], [b = 0]) => a - b)
    .map((file) => `${hex(file[0] as number)}:${file.map(hex)}`)
    .join("|");
}

const directory = fc.record({
  epochStarts: fc.array(rarelyTrue(), { maxLength: TXNS_MAX }),
  isMissing: fc.option(fc.array(rarely, { minLength: TXNS_MAX, maxLength: TXNS_MAX })),
  repeated: fc.option(place, { freq: 2 }),
  backward: fc.option(fc.array(place, { maxLength: 3 }), { freq: 2 }),
  cuts: flags(TXNS_MAX),
  snapshots: fc.uniqueArray(place, { maxLength: 3 }),
  hasFirstSnapshot: fc.boolean(),
  appended: fc.array(rarelyTrue(), { minLength: 1, maxLength: 4 }),
  appendCuts: flags(4),
  truncations: fc.array(fc.tuple(place, fc.constantFrom(-1, 0, 1)), { minLength: 1, maxLength: 2 }),
  trust: rarely,
  commitLog: fc.option(fc.integer({ min: 1, max: 8 }), { freq: 3 }),
});

function rarelyTrue(): fc.Arbitrary<boolean> {
  return fc.integer({ min: 0, max: 3 }).map((draw) => draw === 3);
}

export const diskQuestions: Kind<DiskQuestion> = {
  name: "disk",
  questions: directory.map((drawn) => {
    const history = historyOf(drawn.epochStarts);
    const log = history.filter((_zxid, i) => !drawn.isMissing?.[i]);
    if (drawn.repeated !== null) log.push(...log.slice(drawn.repeated));
    for (const i of drawn.backward ?? []) if (history[i] !== undefined) log.push(history[i]);
    const snapshots = drawn.snapshots
      .filter((i) => i < history.length)
      .sort((a, b) => a - b)
      .map((i) => `${hex(history[i] as number)}:${history.slice(0, i + 1).map(hex)}`);
    if (drawn.hasFirstSnapshot) snapshots.unshift("0x0:");
    const groups: number[][] = [];
    historyOf(drawn.appended, history.at(-1)).forEach((zxid, i) => {
      if (i === 0 || drawn.appendCuts[i]) groups.push([zxid]);
      else groups.at(-1)?.push(zxid);
    });
    const truncations = drawn.truncations.map(
      ([i, change]) => `trunc@${hex(Math.max(0, (history[i] ?? history.at(-1) ?? 0) + change))}`,
    );
    const fields = [
      ...(drawn.trust ? ["trust=1"] : []),
      ...(drawn.commitLog === null ? [] : [`commitlog=${drawn.commitLog}`]),
      `logs=${filesOf(log, drawn.cuts)}`,
      `snaps=${snapshots.join("|")}`,
      `append=${groups.map((group) => group.map(hex).join(",")).join("|")}`,
      `ops=${["restore", ...new Set(truncations), "again", "forward"].join(" ")}`,
    ];
    return { input: fields.join(";") };
  }),
  answer: ({ input }, release) =>
    Object.fromEntries(operationsOf(input).map((operation) => [operation, diskAnswer(input, release, operation)])),
  agrees: ({ input }, _release, java, zabsim) => {
    const answers = java as Readonly<Record<string, string>>;
    const ours = zabsim as Readonly<Record<string, string>>;
    const isComplete = operationsOf(input).every((operation) => operation in answers && operation in ours);
    return isComplete && differingOperations(answers, (operation) => ours[operation] as string).length === 0;
  },
};

function operationsOf(input: string): readonly string[] {
  return fieldsOf(input).ops?.split(" ") ?? [];
}
