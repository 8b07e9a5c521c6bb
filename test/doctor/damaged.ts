/** Damaged copies of recorded disks, and their diagnosis. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DoctorAnswer, diagnose } from "../../doctor/diagnose.ts";
import { diskRulesOf } from "../../doctor/disk-rules.ts";
import { compareDisks, type EnsembleDisks } from "../../doctor/ensemble.ts";
import type { ServerDisk } from "../../doctor/histories.ts";
import { predictStart } from "../../doctor/predict-start.ts";
import { readDataDirectory } from "../../doctor/read-data-directory.ts";
import { asServerId } from "../../protocol/zxid.ts";
import { copyMutated, type Mutation } from "../java/disk-mutations.ts";
import { diskTruth, type Moment, unpackDisks } from "../recordings/disks.ts";

/** What happens to the disks: mutations, or `gone` if the directory is not given. */
export type Damage = Readonly<Record<number, readonly Mutation[] | "gone">>;

/** The disks of one recording, unpacked. */
export class RecordedDisks {
  /** The release of each server. */
  readonly releases: Readonly<Record<string, string>>;
  private readonly folder: string;
  private readonly copies = mkdtempSync(join(tmpdir(), "zabsim-damaged-"));
  private count = 0;

  constructor(recording: string) {
    this.releases = diskTruth(recording).releases;
    this.folder = unpackDisks(recording);
  }

  /** Returns the paths of copies of the disks, by server. */
  copy(moment: Moment, damage: Damage = {}): Map<number, string> {
    const paths = new Map<number, string>();
    for (const sid of [1, 2, 3]) {
      const mutations = damage[sid] ?? [];
      if (mutations === "gone") continue;
      const path = join(this.copies, `${this.count++}`);
      copyMutated(join(this.folder, moment, String(sid)), path, mutations);
      paths.set(sid, path);
    }
    return paths;
  }

  async ensemble(moment: Moment, damage: Damage = {}): Promise<EnsembleDisks> {
    const disks: ServerDisk[] = [];
    for (const [sid, path] of this.copy(moment, damage)) {
      const directory = await readDataDirectory(path, diskRulesOf(this.releases[sid] as string));
      disks.push({ sid: asServerId(sid), directory, start: predictStart(directory) });
    }
    return compareDisks(disks, { voters: [1, 2, 3].map(asServerId), observers: [] }, this.releases["1"] as string);
  }

  async diagnose(moment: Moment, damage: Damage = {}): Promise<DoctorAnswer> {
    return diagnose(await this.ensemble(moment, damage));
  }

  remove(): void {
    for (const folder of [this.folder, this.copies]) rmSync(folder, { recursive: true, force: true });
  }
}
