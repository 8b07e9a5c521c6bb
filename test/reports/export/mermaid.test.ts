/** Reads the sequence diagram with Mermaid's own parser. */
import mermaid from "mermaid";
import { describe, expect, it } from "vitest";
import { exported, SCENARIOS, tracedRun } from "./export-fixture.ts";

interface Message {
  readonly from?: string;
  readonly to?: string;
  readonly message: string;
  readonly type: number;
}

/** The types of arrow in Mermaid's database (LINETYPE). */
const SOLID = 0;
const NOTE = 2;

async function messagesOf(text: string): Promise<Message[]> {
  const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
  return (diagram.db as unknown as { getMessages(): Message[] }).getMessages();
}

describe.each(SCENARIOS)("the sequence diagram of %s", (name) => {
  const run = tracedRun(name);

  it("is accepted by Mermaid, with one message or note for each line", async () => {
    const text = exported(run, "mermaid");
    expect(await mermaid.parse(text)).toMatchObject({ diagramType: "sequence" });
    const drawn = text.split("\n").filter((line) => /^ {2}(?!participant)/.test(line));
    expect(await messagesOf(text)).toHaveLength(drawn.length);
  });

  it("is accepted by Mermaid with every kind of event", async () => {
    const only = ["send", "deliver", "drop", "hold", "disk", "timer", "close", "reset", "voted", "violation", "script"];
    expect(await mermaid.parse(exported(run, "mermaid", { only }))).toMatchObject({ diagramType: "sequence" });
  });
});

it("draws packets from their sender to their receiver, and decisions as notes", async () => {
  const messages = await messagesOf(exported(tracedRun("shipped/follower-ahead-trunc"), "mermaid"));
  expect(messages).toContainEqual(
    expect.objectContaining({ from: "s2", to: "s1", type: SOLID, message: expect.stringMatching(/^TRUNC 1:5 \(sent/) }),
  );
  expect(messages).toContainEqual(
    expect.objectContaining({
      from: "s2",
      type: NOTE,
      message: expect.stringContaining("synchronizes 1: peer zxid 1:6"),
    }),
  );
  expect(messages.filter(({ message }) => message.startsWith("PING"))).toEqual([]);
});

it("escapes text that Mermaid would read as markup", async () => {
  const run = tracedRun("shipped/follower-ahead-trunc");
  const [violation] = tracedRun(SCENARIOS[0]).violations;
  if (violation === undefined) throw new Error("no violation");
  const text = 'x; <b>%%{init: {"theme":"dark"}}%% #59;\n participant s9 \\';
  const messages = await messagesOf(exported({ ...run, violations: [{ ...violation, text }] }, "mermaid"));
  expect(messages.filter(({ from, to }) => from === "s9" || to === "s9")).toEqual([]);
  expect(messages.filter(({ message }) => message.includes("trunc-keeps-committed"))).toHaveLength(1);
});
