/** Tests the reasons why a server refuses to start. */
import { describe, expect, it } from "vitest";
import type { RecordOf } from "../../cluster/records.ts";
import { asEpoch } from "../../protocol/zxid.ts";
import { refusalReason } from "../../reports/start-refusal.ts";
import { record, zxid } from "./records.ts";

const failure = (reason: RecordOf<"failed">["reason"]): RecordOf<"failed"> =>
  record({ event: "failed", reason, learner: undefined, detail: "" }, { atUs: 9_000_000 }) as RecordOf<"failed">;
const crash = record({ event: "crashed", exitCode: undefined, lost: [] }, { atUs: 2_000_000 });

describe("refusalReason", () => {
  const saved = record({ event: "snapshot-saved", zxid: zxid("2:0") });

  it("is a crash between the snapshot of a new epoch and currentEpoch", () => {
    const failed = failure("epoch-older-than-zxid");
    expect(refusalReason(failed, [saved, crash, failed])).toBe(
      "it saved snapshot 2:0 (1.000000 s) and crashed (2.000000 s) before it wrote currentEpoch 2",
    );
  });

  it("is unknown if the server had written currentEpoch, or if another server crashed", () => {
    const failed = failure("epoch-older-than-zxid");
    const wrote = record({ event: "epoch-current", epoch: asEpoch(2) });
    expect(refusalReason(failed, [saved, wrote, crash, failed])).toBeUndefined();
    expect(refusalReason(failed, [saved, { ...crash, server: 2 as never }, failed])).toBeUndefined();
  });

  it("is unknown for other failures", () => {
    const failed = failure("log-without-snapshot");
    expect(refusalReason(failed, [saved, crash, failed])).toBeUndefined();
  });
});
