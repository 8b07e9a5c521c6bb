/** Tests the HTML page of a campaign. */
import { describe, expect, it } from "vitest";
import { campaignPage } from "../../../reports/html/campaign-page.ts";
import { commandsFor, knownFinding, newFinding, report } from "../campaign-fixture.ts";
import { tracedRun } from "../export/export-fixture.ts";

const run = tracedRun("bugs/zookeeper-4643-current-epoch-before-diff-is-logged");
const CONTENT = {
  report,
  release: "3.9.1",
  findings: [newFinding, knownFinding].map((finding) => ({
    finding,
    commands: commandsFor(finding),
    yaml: "about: <script>alert(1)</script>\n",
    run,
  })),
  reached: {
    "message LEADING BROADCAST ACK: as before": 120,
    "message LEADING BROADCAST ACK: LOOKING": 3,
    "message FOLLOWING SYNCHRONIZATION UPTODATE: next phase": 7,
    "rule in-sync": 40,
    "failure read-timeout": 5,
  },
  growth: [
    { x: 64, y: 50 },
    { x: 128, y: 99 },
  ],
  recovery: [
    ["0.25", 100],
    ["0.5", 28],
    ["> 0.5", 0],
  ],
} as const;
const text = campaignPage(CONTENT);

it("has no script and no address of another file", () => {
  expect(text).not.toMatch(/<script|<link|<iframe|<img|\b(?:src|href|on\w+)=|url\(|@import/i);
});

describe("each finding", () => {
  it("has its cause, its explanation, its scenario, its commands and a diagram, all escaped", () => {
    expect(text).toContain("server 2 delivers 2:1 &lt;w5&gt; &amp; so on");
    expect(text).toContain("about: &lt;script&gt;alert(1)&lt;/script&gt;");
    expect(text).toContain("replay: npx zabsim replay out/a:b,c.yaml");
    expect(text).toContain("known bug: open-one");
    expect(text.match(/<article class="card new">/g)).toHaveLength(1);
    expect(text.match(/aria-label="space-time diagram"/g)).toHaveLength(2);
  });
});

it("has a heat map with a row for each state and a column for each message", () => {
  expect(text).toMatch(
    /<th scope="row">LEADING BROADCAST<\/th><td[^>]*title="[^"]*LOOKING, as before"[^>]*>123<\/td><td><\/td>/,
  );
  expect(text).toContain('<th scope="col">UPTODATE</th>');
});

it("marks rules that were never reached, and faults without an effect", () => {
  expect(text).toContain('<th scope="row">forced-snap</th><td class="warn">never reached</td>');
  expect(text).toMatch(/<th scope="row">crash<\/th><td>3<\/td><td class="warn">0<\/td>/);
  expect(text).toMatch(/<th scope="row">partition<\/th><td>10<\/td><td>7<\/td>/);
});

it("draws the growth of coverage up to the last run, and the time to recovery", () => {
  const [, growth = ""] = /class="curve" d="([^"]*)"/.exec(text) ?? [];
  expect(growth.match(/H/g)).toHaveLength(2);
  expect(growth).toMatch(/H508V12$/);
  expect(text.match(/<rect class="column"/g)).toHaveLength(3);
});

it("a campaign without findings says so", () => {
  const empty = campaignPage({ ...CONTENT, report: { ...report, findings: [] }, findings: [] });
  expect(empty).toContain("No run failed.");
});
