import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, it } from "vitest";
import { pipeFile } from "../../doctor/read-files.ts";

const folder = mkdtempSync(join(tmpdir(), "zabsim-read-files-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Returns what a gzip file contains up to its damage, and whether its end is broken. */
async function contentOf(bytes: Uint8Array): Promise<{ readonly content: Buffer; readonly isBroken: boolean }> {
  const path = join(folder, "snapshot.0.gz");
  writeFileSync(path, bytes);
  const chunks: Uint8Array[] = [];
  let broken = false;
  await pipeFile(path, "gzip", {
    push: (chunk) => chunks.push(Uint8Array.from(chunk)) > 0,
    end: (isBroken) => {
      broken = isBroken;
    },
  });
  return { content: Buffer.concat(chunks), isBroken: broken };
}

it.each([600, 20_000, 700_000])(
  "a damaged gzip file of %i bytes yields each byte before the damage",
  async (length) => {
    const content = Buffer.alloc(length, "0123456789");
    const damaged = gzipSync(content, { level: 0 });
    // Finds the header of the last block, which is stored without compression, after the 10 bytes of the gzip header.
    let last = 10;
    while ((damaged[last] as number) === 0) last += 5 + damaged.readUInt16LE(last + 1);
    // It is no longer the last block, and the next one has a type that does not exist.
    damaged[last] = 0;
    damaged[last + 5 + damaged.readUInt16LE(last + 1)] = 0xff;
    const { content: read, isBroken } = await contentOf(damaged);
    expect(isBroken).toBe(true);
    expect(read.equals(content)).toBe(true);
  },
);
