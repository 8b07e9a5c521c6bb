/** Tests the estimate of clock offsets: by itself, and with logs of real servers whose times are shifted. */
import { describe, expect, it } from "vitest";
import { clockOffsets } from "../../explain/clocks.ts";
import { formatTimeMs, timeMsOf } from "../../logs/index.ts";
import { ensembleIn } from "./recording.ts";

describe("clockOffsets", () => {
  it("is bounded by messages in both directions, also through a third server", () => {
    // Clock 2 is 500 ms ahead of clock 1, and clock 3 is 100 ms after clock 2. Each message takes 10 ms.
    const messages = [
      { from: 1, sentMs: 1000, to: 2, receivedMs: 1510 },
      { from: 2, sentMs: 2500, to: 1, receivedMs: 2010 },
      { from: 2, sentMs: 3500, to: 3, receivedMs: 3410 },
      { from: 3, sentMs: 4400, to: 2, receivedMs: 4510 },
    ];
    const [, two, three] = clockOffsets([1, 2, 3], messages);
    expect(two).toMatchObject({ offsetMs: 500, minMs: 490, maxMs: 510, messages: 4, changes: false });
    expect(three).toMatchObject({ offsetMs: 400, minMs: 380, maxMs: 420, messages: 2 });
  });

  it("is 0 if the clocks may be equal, or if nothing bounds them", () => {
    const messages = [
      { from: 1, sentMs: 1000, to: 2, receivedMs: 1003 },
      { from: 2, sentMs: 2000, to: 1, receivedMs: 2001 },
    ];
    expect(clockOffsets([1, 2, 3], messages).map(({ maxMs, minMs, offsetMs }) => [offsetMs, minMs, maxMs])).toEqual([
      [0, 0, 0],
      [0, -1, 3],
      [0, undefined, undefined],
    ]);
  });

  it("changes if the messages contradict each other", () => {
    const messages = [
      { from: 1, sentMs: 1000, to: 2, receivedMs: 900 },
      { from: 2, sentMs: 2000, to: 1, receivedMs: 1900 },
    ];
    expect(clockOffsets([1, 2], messages)[1]).toMatchObject({ changes: true });
  });
});

/** Returns a log whose times are `byMs` later. */
function shifted(text: string, byMs: number): string {
  return text.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}/gm, (time) =>
    formatTimeMs((timeMsOf(time) as number) + byMs).replace(".", ","),
  );
}

describe.each(["3.4.14", "3.6.4", "3.9.5", "mixed-3.5.10-3.6.4-3.8.6"])(
  "the logs of %s with shifted clocks",
  (name) => {
    const plain = ensembleIn(name);
    const essence = (ensemble: typeof plain) =>
      ensemble.handshakes
        .map(({ epoch, leader, leaderSide, learner, learnerSide, operation }) =>
          [leader, learner, epoch, operation, leaderSide?.at.line, learnerSide?.at.line].join(" "),
        )
        .sort();

    it.each([
      [2500, -1800],
      [3_600_000, -7_200_000],
      [86_400_000, 40],
    ])("by %d ms and %d ms lead to the same handshakes, and the shifts are found", (two, three) => {
      const shifts = [0, two, three];
      const ensemble = ensembleIn(name, (text, server) => shifted(text, shifts[server - 1] as number));
      expect(essence(ensemble)).toEqual(essence(plain));
      for (const { changes, maxMs = 0, minMs = 0, offsetMs, server } of ensemble.clocks) {
        const shift = shifts[server - 1] as number;
        expect(changes).toBe(false);
        expect(minMs).toBeLessThanOrEqual(shift);
        expect(maxMs).toBeGreaterThanOrEqual(shift);
        expect(Math.abs(offsetMs - shift)).toBeLessThanOrEqual(60);
      }
    });
  },
);
