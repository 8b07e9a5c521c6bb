/** Tests the static space-time diagram. */
import { expect, it } from "vitest";
import { spaceTimeDiagram } from "../../../reports/html/space-time.ts";
import { exported, tracedRun } from "../export/export-fixture.ts";
import { runOf } from "../records.ts";

const BUG = tracedRun("bugs/zookeeper-4643-current-epoch-before-diff-is-logged");
const countOf = (text: string, part: RegExp): number => text.match(part)?.length ?? 0;

it("has an arrow for each message that the sequence diagram of the export shows", () => {
  const { html } = spaceTimeDiagram(BUG);
  const mermaid = exported(BUG, "mermaid");
  expect(countOf(html, /class="message"/g)).toBe(countOf(mermaid, /->>/g));
  expect(countOf(html, /class="message lost"/g)).toBe(countOf(mermaid, /-x/g));
  expect(countOf(html, /LEADERINFO 2:0 \(held\)/g)).toBeGreaterThan(0);
});

it("marks violations, and the roles of the servers", () => {
  const { html } = spaceTimeDiagram(BUG);
  expect(html).toMatch(/class="violated"[^>]*>violates trunc-keeps-commit/);
  for (const role of ["looking", "following", "leading", "down"]) expect(html).toContain(`class="time ${role}"`);
});

it("shows the end of a long run, and says how many events it omits", () => {
  const { html } = spaceTimeDiagram(runOf("servers: 3\nsteps:\n  - { write: { count: 60 }, when: active }\nuntil: 5s"));
  expect(html).toMatch(/The first \d+ events are not shown/);
  expect(Number(/ height="(\d+)"/.exec(html)?.[1])).toBeLessThan(3000);
});
