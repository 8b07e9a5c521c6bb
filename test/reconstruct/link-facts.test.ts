/** Checks what votes show of a link whose ends have different clocks. */
import { describe, expect, it } from "vitest";
import type { ClockOffset } from "../../explain/clocks.ts";
import type { Evidence } from "../../reconstruct/evidence.ts";
import { linkFacts } from "../../reconstruct/link-facts.ts";

/** Returns the evidence of server 2, which hears a vote of server 1 at `heardMs` that server 1 logs at 500 ms. */
function evidenceOfVote(heardMs: number, clock: Partial<ClockOffset>): Evidence {
  const server = (sid: number): object => ({
    server: sid,
    processes: [{ startMs: 0, lastMs: 1000 }],
    history: { periods: [] },
  });
  const vote = { sid: 1, vote: "1 1 0 0" };
  return {
    ensemble: {
      clocks: [
        { server: 1, offsetMs: 0 },
        { server: 2, ...clock },
      ],
      epochs: [],
    },
    servers: [server(1), server(2)],
    votes: [
      { ...vote, server: 1, atMs: 500 },
      { ...vote, server: 2, atMs: heardMs },
    ],
    zxids: [],
  } as unknown as Evidence;
}

const isUpIn = (evidence: Evidence): boolean[] => linkFacts(evidence).map(({ isUp }) => isUp);

describe("a vote that a server logs before its sender does", () => {
  const other = { offsetMs: 50, minMs: 46, maxMs: 54 };

  it("shows that the link is up, within the error of the clocks", () => {
    expect(isUpIn(evidenceOfVote(496, other))).toEqual([true]);
    expect(isUpIn(evidenceOfVote(490, other))).not.toContain(true);
  });

  it("is another one, if the clocks are equal", () => {
    expect(isUpIn(evidenceOfVote(496, { offsetMs: 0, minMs: -4, maxMs: 4 }))).not.toContain(true);
  });
});
