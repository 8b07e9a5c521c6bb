/** Tests the diagnosis of the disks of staged incidents (test/incidents), which real servers left. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type DoctorAnswer, diagnose } from "../../doctor/diagnose.ts";
import { diskRulesOf } from "../../doctor/disk-rules.ts";
import { compareDisks } from "../../doctor/ensemble.ts";
import { predictStart } from "../../doctor/predict-start.ts";
import { readDataDirectory } from "../../doctor/read-data-directory.ts";
import { asServerId } from "../../protocol/index.ts";

const IDS = [1, 2, 3].map(asServerId);

async function doctor(incident: string, release: string): Promise<DoctorAnswer> {
  const disks = await Promise.all(
    IDS.map(async (sid) => {
      const path = fileURLToPath(new URL(`../incidents/${incident}/disks/server-${sid}`, import.meta.url));
      const directory = await readDataDirectory(path, diskRulesOf(release));
      return { sid, directory, start: predictStart(directory) };
    }),
  );
  return diagnose(compareDisks(disks, { voters: IDS, observers: [] }, release));
}

const textsOf = (list: readonly { readonly text: string }[]): string[] => list.map(({ text }) => text);

test.each([
  ["3.8.6", "lacks 1:7..1:12 below later transactions: "],
  ["3.9.5", "does not start: its log lacks 1:7..1:12: "],
])(
  "a hole in the log of one server, %s: it starts again with an empty folder after the others",
  async (release, text) => {
    const answer = await doctor("hole-in-log", release);
    const files = "log.100000001 ends at 1:6, and the next transaction is 1:13 in log.10000000d";
    expect(textsOf(answer.findings)).toContain(text + files);
    expect(answer.advice[0]?.text).toBe("Start servers 2, 3 in any order.");
    const repair = answer.advice.find((one) => one.text.startsWith("Move the folder version-2 of server 1 away"));
    expect(repair?.text).toContain("When servers 2, 3 serve, start server 1 with its file myid and no data");
    expect(repair?.text).not.toContain("Start servers 2, 3");
    expect(repair?.trial).toContain("nothing committed is lost");
  },
);

test("two wiped voters: the third one must vote first, and its data must be kept", async () => {
  const answer = await doctor("wiped-voters", "3.9.5");
  const losing = answer.starts.outcomes.filter(({ losesData }) => losesData).map(({ servers }) => servers.join());
  expect(losing).toContain("2,3");
  expect(textsOf(answer.advice)).toContainEqual(expect.stringMatching(/^Start servers 1, 2 first\./));
  expect(textsOf(answer.advice)).toContainEqual(expect.stringMatching(/^Never delete the data of server 1: /));
});

test("an uncommitted tail is no fault", async () => {
  const answer = await doctor("uncommitted-tail", "3.9.5");
  expect(answer.isHealthy).toBe(true);
  expect(textsOf(answer.findings)).toContainEqual(expect.stringMatching(/is an uncommitted tail on server \d/));
});
