/** The rules that the loader checks for the expectations of a scenario. */
import { describe } from "vitest";
import { checkExpectation } from "../../../scenarios/loading/check-expectation.ts";
import { testInvalidFiles } from "../bad/invalid-files.ts";
import { WRONG_EXPECTATIONS } from "../bad/table.ts";
import { testRules } from "./valid-and-invalid.ts";

const expecting = (fields: object): object => ({ expect: fields });

describe("an expectation is valid only if", () => {
  testRules(checkExpectation, [
    ["the leader votes", expecting({ leader: 3 }), expecting({ leader: 4 }), "expect.leader"],
    ["the leader exists, unless it is none", expecting({ leader: "none" }), expecting({ leader: 9 }), "expect.leader"],
    [
      "the leader of a decision votes",
      expecting({ decisions: [{ learner: 4, leader: 1, decision: "SNAP" }] }),
      expecting({ decisions: [{ learner: 1, leader: 4, decision: "SNAP" }] }),
      "expect.decisions[0].leader",
    ],
    [
      "the zxid of a decision is valid",
      expecting({ decisions: [{ 3: "TRUNC 1:5" }] }),
      expecting({ decisions: [{ 3: "TRUNC 2097152:5" }] }),
      "expect.decisions[0].zxid",
    ],
    [
      "the learner that a failure names exists",
      expecting({ failures: [{ server: 1, reason: "not-ack", learner: 3 }] }),
      expecting({ failures: [{ server: 1, reason: "not-ack", learner: 9 }] }),
      "expect.failures[0].learner",
    ],
    [
      "live is measured from a settle step",
      { steps: [{ settle: 1 }], ...expecting({ live: "1s" }) },
      expecting({ live: "1s" }),
      "expect.live",
    ],
    [
      "stuck is measured from a settle step",
      { steps: [null, { settle: 1 }], ...expecting({ stuck: "1s" }) },
      { steps: [null], ...expecting({ stuck: "1s" }) },
      "expect.stuck",
    ],
    [
      "live is a duration up to 24 h",
      { steps: [{ settle: 1 }], ...expecting({ live: "24h" }) },
      { steps: [{ settle: 1 }], ...expecting({ live: "25h" }) },
      "expect.live",
    ],
  ]);
});

describe("an invalid expectation:", () => {
  testInvalidFiles(WRONG_EXPECTATIONS);
});
