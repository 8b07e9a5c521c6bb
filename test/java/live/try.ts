import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverClassPath } from "../incidents/server-classes.ts";
import { LiveEnsemble } from "./live-ensemble.ts";

export async function main(root: string, [release = "3.9.5"]: string[]): Promise<number> {
  const cp = await serverClassPath(join(root, "test", "java"), release);
  const e = await LiveEnsemble.create(root, mkdtempSync(join(tmpdir(), "zl-")), [
    { id: 1, release }, { id: 2, release }, { id: 3, release, isOurs: true },
  ], new Map([[release, cp]]));
  try {
    e.start(1, 2);
    const leader = await e.serving(1, 2);
    console.log("leader", leader);
    await e.write(leader, ["a", "b"]);
    e.start(3);
    await e.hasRecord(3, "active");
    await e.write(leader, ["c", "d"]);
    await e.until("same", async () => e.zxids(3).at(-1) === e.zxids(leader).at(-1), 5000).catch((x) => console.log(String(x)));
    console.log(e.zxids(leader).map((z) => z.slice(0, 12)), e.zxids(3).map((z) => z.slice(0, 12)));
  } catch (x) { console.log(x); }
  console.log(e.logText(3).slice(0, 6000));
  if (process.env.SHOW) console.log(e.logText(2).slice(-6000));
  await e.close();
  return 0;
}
