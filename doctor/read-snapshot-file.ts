/** Reads one snapshot of a data directory. */
import { compressionOf, SNAPPY_MAGIC, SnapshotDecoder, type UnusableSnapshot } from "../formats/index.ts";
import type { SnapshotFile } from "./data-directory.ts";
import type { DiskRules } from "./disk-rules.ts";
import { bytesAt, pipeFile } from "./read-files.ts";

/** The end of a snapshot that is not compressed: the string "/". */
const SEAL_END: readonly number[] = [0, 0, 0, 1, 0x2f];
const SHORTEST_SNAPSHOT = 10;
const GZIP_MAGIC: readonly number[] = [0x1f, 0x8b];

/** Reads a snapshot as FileSnap#deserialize does. */
export async function readSnapshotFile(
  path: string,
  file: Pick<SnapshotFile, "name" | "zxid" | "bytes">,
  rules: DiskRules,
): Promise<SnapshotFile> {
  const compression = rules.readsCompressed ? compressionOf(file.name) : "none";
  const looksValid = await LOOKS_VALID[compression](path, file.bytes);
  if (!looksValid) {
    const content = { kind: "damage", reason: "incomplete", offset: file.bytes, isFatal: false } as const;
    return { ...file, compression, looksValid, content };
  }
  const decoder = new SnapshotDecoder(rules.snapshot);
  await pipeFile(path, compression, {
    push: (chunk) => {
      decoder.push(chunk);
      return decoder.result === undefined;
    },
    end: (isBroken) => decoder.end(isBroken),
  });
  return { ...file, compression, looksValid, content: decoder.result as NonNullable<UnusableSnapshot> };
}

/** SnapStream#isValidSnapshot, for each compression. */
const LOOKS_VALID: Readonly<Record<SnapshotFile["compression"], (path: string, bytes: number) => Promise<boolean>>> = {
  none: async (path, bytes) => {
    if (bytes < SHORTEST_SNAPSHOT) return false;
    return isEqual(await bytesAt(path, bytes - SEAL_END.length, SEAL_END.length), SEAL_END);
  },
  gzip: async (path) => isEqual(await bytesAt(path, 0, GZIP_MAGIC.length), GZIP_MAGIC),
  snappy: async (path) => isEqual(await bytesAt(path, 0, SNAPPY_MAGIC.length), SNAPPY_MAGIC),
};

function isEqual(bytes: Uint8Array, expected: readonly number[]): boolean {
  return bytes.length === expected.length && expected.every((byte, i) => bytes[i] === byte);
}
