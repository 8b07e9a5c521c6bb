/** Tests the JUnit XML of a campaign. A schema checks that the XML has the structure that CI systems read. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { validateXML } from "xmllint-wasm";
import { campaignJunit } from "../../reports/junit.ts";
import { commandsFor, knownFinding, newFinding, report } from "./campaign-fixture.ts";

const INVARIANTS = ["primary-uniqueness", "agreement", "initial-history-agreement", "liveness"];

describe("campaignJunit", () => {
  const schema = { fileName: "junit.xsd", contents: readFileSync(new URL("junit.xsd", import.meta.url), "utf8") };
  const validate = (contents: string) => validateXML({ xml: { fileName: "junit.xml", contents }, schema });
  const xml = campaignJunit(report, INVARIANTS, commandsFor);

  it("is valid with and without findings", async () => {
    for (const contents of [xml, campaignJunit({ ...report, findings: [] }, ["primary-uniqueness"], commandsFor)]) {
      const { errors, valid } = await validate(contents);
      expect(errors).toEqual([]);
      expect(valid).toBe(true);
    }
  });

  it("is checked by a schema that rejects an unknown element and a missing attribute", async () => {
    expect((await validate(xml.replace("<testcase ", "<test-case "))).valid).toBe(false);
    expect((await validate(xml.replace('name="primary-uniqueness"', ""))).valid).toBe(false);
  });

  it("reports a new finding as a failure with its commands", () => {
    expect(xml).toContain('tests="5" failures="1"');
    expect(xml).toContain("replay: npx zabsim replay out/a:b,c.yaml");
  });

  it("reports all findings of an invariant in one failure", () => {
    const findings = [newFinding, { ...newFinding, signature: "agreement (looking)", seed: "18" }, knownFinding];
    const both = campaignJunit({ ...report, findings }, INVARIANTS, commandsFor);
    expect(both).toContain('tests="5" failures="1"');
    for (const part of ["agreement (following, leading)", "agreement (looking)", "--seeds 17..17", "--seeds 18..18"]) {
      expect(both).toContain(part);
    }
  });

  it("prints a known bug to the standard output of its test case", () => {
    expect(xml).toContain("known bug: initial-history-agreement (leading): open-one");
  });
});
