/** The subjects of the newest commits follow CONTRIBUTING.md. Skipped if there is no history, as in a packed copy. */
import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

const NEWEST = 60;
const { status, stdout } = spawnSync("git", ["log", `-${NEWEST}`, "--format=%s"], { encoding: "utf8" });
const subjects = status === 0 ? stdout.trim().split("\n") : [];

it.skipIf(subjects.length === 0)("a commit subject has at most 72 characters and ends without a full stop", () => {
  expect(subjects.filter((subject) => subject.length > 72 || subject.endsWith("."))).toEqual([]);
});
