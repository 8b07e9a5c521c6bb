/** Tests `zabsim list`, without the layout of its output, which test/reports/listing.test.ts covers. */
import { expect, it } from "vitest";
import { zabsim } from "./zabsim.ts";

it("wraps its texts at 100 columns if stdout is no terminal", () => {
  const { stdout } = zabsim(["list"]);
  const long = stdout.split("\n").filter((line) => line.length > 100 && line.trim().includes(" "));
  expect(long).toEqual([]);
  expect(stdout).toMatch(/^scenarios\n {2}\S+\n {6}\S/m);
  expect(stdout).toMatch(/^ {2}3\.9\.5 {4}ZooKeeper 3\.9\.5 behaves like 3\.9\.4: /m);
});

it("prints whole texts as JSON", () => {
  const { stdout } = zabsim(["list", "releases,faults", "--json"]);
  const { faults, releases } = JSON.parse(stdout) as Record<string, { name: string; about: string }[]>;
  expect(releases?.map(({ name }) => name)).toEqual(expect.arrayContaining(["3.5.7", "3.6.3", "3.9.5", "newest"]));
  expect(faults?.length).toBeGreaterThan(5);
});
