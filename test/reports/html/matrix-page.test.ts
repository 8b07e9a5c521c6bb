/** Tests the HTML page of the matrix. */
import { expect, it } from "vitest";
import { matrixHtml } from "../../../reports/html/matrix-page.ts";

const entry = { bug: "3911", release: "3.6.2", expected: true, reproduced: true, why: undefined };

it("has a row for each bug and a column for each release, with the marks of the table", () => {
  const text = matrixHtml([
    { ...entry, campaigns: 1, met: 1, median: { runs: 40, seconds: 1.25 } },
    { ...entry, release: "3.9.4", expected: true, reproduced: false, why: "The <fix> is there." },
  ]);
  expect(text).toContain('<th scope="row">ZOOKEEPER-3911</th>');
  expect(text).toMatch(/title="the scenario reproduces the bug; a campaign found it in 40 runs \(1.3 s\)">SC<\/td>/);
  expect(text).toMatch(/<td class="warn"[^>]*>\.!<\/td>/);
  expect(text).toContain("3911 in 3.9.4: these releases have the bug");
  expect(text).toContain("The &lt;fix&gt; is there.");
});
