/** The part of `npm run test:java` that needs no Java. */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { SYNC_RULES } from "../../protocol/index.ts";
import { PROFILES } from "../../protocol/releases.ts";
import { type Script, scriptAnswer, WAITS } from "../conformance/script-host.ts";
import { asBigint, decide, type SyncVector } from "../conformance/sync-vectors.ts";
import { ASKED_RELEASES } from "./asked-releases.ts";
import { type DrawnKind, isDrawn, KINDS } from "./kinds.ts";
import { LIVE_CHECKS } from "./live/checks.ts";
import { argsOf, groupOf, type Options, optionsOf, partsOf } from "./main.ts";
import { removeDisks } from "./start-questions.ts";

// A worker of vitest does not always emit the event exit.
afterAll(removeDisks);

describe.each(KINDS.filter(isDrawn).map((kind) => [kind.name, kind] as const))(
  "the questions of kind %s",
  (_name, kind) => {
    it("are the same for the same seed", () => {
      const [first, second] = [1, 2].map(() => fc.sample(kind.questions, { seed: 5, numRuns: 50 }));
      expect(first).toEqual(second);
      expect(fc.sample(kind.questions, { seed: 6, numRuns: 50 })).not.toEqual(first);
    });

    // Questions about files take longer than others.
    const questions = fc.sample(kind.questions, { seed: 5, numRuns: kind.toJava === undefined ? 50 : 10 });

    it.each(kind.releases ?? ASKED_RELEASES)("zabsim answers them for %s", async (release) => {
      for (const question of questions) {
        expect(await kind.answer(question, release)).toBeDefined();
      }
    });

    it.skip("agree with ZooKeeper's classes (run: npm run test:java)");
  },
);

it("the questions of kind sync reach every rule", () => {
  const reached = new Set<string>();
  const { questions } = KINDS.find(({ name }) => name === "sync") as DrawnKind<SyncVector>;
  for (const question of fc.sample(questions, { seed: 5, numRuns: 1000 })) {
    for (const source of ["committed-log", "txn-log", "txn-log-without-gaps"] as const) {
      reached.add(decide(question, asBigint, source).rule);
    }
  }
  // The leader uses committedLog only for a zxid that is at most maxCommittedLog.
  const reachable = Object.keys(SYNC_RULES).filter((rule) => rule !== "committed-log-no-match");
  expect([...reached].sort()).toEqual(reachable.sort());
});

it("the questions of kind script make servers send every packet, wait for every operation, and exit", () => {
  const reached = new Set<string>();
  const { questions } = KINDS.find(({ name }) => name === "script") as DrawnKind<Script>;
  for (const script of fc.sample(questions, { seed: 5, numRuns: 1000 })) {
    for (const release of ["3.8.4", "3.9.5"]) {
      for (const { sent = [], state = "", waits = "" } of scriptAnswer(script, release)) {
        for (const text of sent) reached.add(text.split(" ")[1] as string);
        for (const wait of (waits as string).split(" ")) reached.add(wait);
        reached.add((state as string).split(" ")[0] as string);
      }
    }
  }
  const packets = "FOLLOWERINFO OBSERVERINFO LEADERINFO ACKEPOCH DIFF TRUNC SNAP NEWLEADER ACK UPTODATE";
  const states = "LOOKING FOLLOWING LEADING OBSERVING exit closed";
  const all = `${packets} PROPOSAL COMMIT INFORM PING ${states}`.split(" ");
  expect([...all, ...WAITS.filter((wait) => wait !== "load")].filter((name) => !reached.has(name))).toEqual([]);
});

describe("the options", () => {
  it("choose every profile and kind if there are none", () => {
    const { incidents, inputs, kinds, live, releases } = optionsOf([]);
    const published = Object.keys(PROFILES).filter((name) => /^\d/.test(name));
    expect(new Set(releases)).toEqual(new Set([...published, "3.9.5"]));
    expect(kinds).toEqual(KINDS);
    expect(inputs).toBe(2000);
    expect(incidents).toHaveLength(6);
    expect(live).toEqual(LIVE_CHECKS.map(({ name }) => name));
  });

  it("choose no check of live servers if no ensemble has only the chosen releases", () => {
    expect(optionsOf(["--release", "3.9.4"]).live).toEqual([]);
    expect(() => optionsOf(["--release", "3.9.4", "--kind", "live"])).toThrow("no ensemble of --kind live");
  });

  it("choose releases, kinds, a seed and the number of inputs", () => {
    const options = optionsOf(["--release", "3.9.4", "--release", "3.4.14", "--kind", "sync", "--seed", "7", "--long"]);
    expect(options).toMatchObject({ releases: ["3.9.4", "3.4.14"], seed: 7, inputs: 200_000 });
    expect(options.kinds.map(({ name }) => name)).toEqual(["sync"]);
    expect(optionsOf(["--long", "--inputs", "10"]).inputs).toBe(10);
    expect(options.incidents).toEqual([]);
    const staged = ["--kind", "incidents", "--release", "3.9.5"];
    expect(optionsOf([...staged, "--incident", "hole-in-log"])).toMatchObject({
      kinds: [],
      incidents: ["hole-in-log"],
    });
    expect(optionsOf([...staged, "--record"]).record).toBe(true);
    expect(() => optionsOf(["--incident", "hole-in-log"])).toThrow("--incident needs --kind incidents");
    expect(() => optionsOf(["--kind", "incidents", "--record"])).toThrow("--record needs one --release");
  });

  it.each([
    [["--release", "3.9.0"], /--release 3\.9\.0: accepted are 3\.4\.10, /],
    [["--kind", "syncs"], /--kind syncs: accepted are sync, /],
    [["--seed", "-1"], /--seed -1|argument is ambiguous/],
    [["--inputs", "many"], /--inputs many: accepted are whole numbers/],
    [["--record"], /--record needs one --kind \(accepted: script, ensembles, incidents\)/],
    [["--record", "--kind", "sync"], /--record needs one --kind/],
    [["--cases", "file.jsonl"], /--cases needs exactly one --kind/],
  ])("refuses %j", (args, message) => expect(() => optionsOf(args)).toThrow(message));
});

describe("the parts", () => {
  it("are all tests once", () => {
    const options = optionsOf(["--seed", "7", "--inputs", "100"]);
    const parts = partsOf(options);
    const asked = parts.flatMap(({ kinds, releases }) => kinds.map(({ name }) => `${releases} ${name}`));
    expect(new Set(asked).size).toBe(asked.length);
    for (const { name, releases = ASKED_RELEASES } of options.kinds) {
      for (const release of releases) expect(asked).toContain(`${release} ${name}`);
    }
    expect(parts.flatMap(({ incidents }) => incidents)).toHaveLength(17);
  });

  it("run together only if no real server must keep an order", () => {
    const parts = partsOf(optionsOf([]));
    const ofGroup = (group: string): Options[] => parts.filter((part) => groupOf(part) === group);
    expect(ofGroup("alone").map(({ kinds }) => kinds.map(({ name }) => name))).toEqual([["confirm"]]);
    expect(ofGroup("live").flatMap(({ live }) => live)).toEqual(LIVE_CHECKS.map(({ name }) => name));
    expect(new Set(ofGroup("servers").flatMap(({ kinds }) => kinds.map(({ name }) => name)))).toEqual(
      new Set(["ensembles"]),
    );
    expect(ofGroup("asking").map(({ releases }) => releases)).toEqual(ASKED_RELEASES.map((release) => [release]));
  });

  it("are each one part for their own options", () => {
    for (const part of partsOf(optionsOf(["--seed", "7", "--inputs", "100"]))) {
      expect(partsOf(optionsOf(argsOf(part)))).toEqual([part]);
    }
  });
});
