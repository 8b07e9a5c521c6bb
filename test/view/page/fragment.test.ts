import { expect, test } from "vitest";
import { MESSAGE_GROUPS } from "../../../view/diagram/groups.ts";
import { DEFAULT_GROUPS, readFragment, writeFragment } from "../../../view/page/fragment.ts";

test("a fragment names only what differs from the first view, and the event", () => {
  const place = { at: 12, axis: "order", panel: "event", hiddenServers: [], groups: DEFAULT_GROUPS } as const;
  expect(writeFragment(place)).toBe("at=12");
});

test.each([
  { at: 0, axis: "time", panel: "why", hiddenServers: [2, 3], groups: MESSAGE_GROUPS, type: "ACK" },
  { at: 99, axis: "time", panel: "odds", hiddenServers: [1], groups: [] },
] as const)("a fragment is read as it was written: %j", (place) => {
  expect(readFragment(`#${writeFragment(place)}`)).toEqual(place);
});

test.each(["", "#", "#at=-1", "#at=1.5", "#at=x&axis=none", "#%", "#at=%E0%A4%A"])("%s names nothing", (text) => {
  expect(readFragment(text)).toEqual({});
});

test("servers, groups and types that are not valid are left out", () => {
  expect(readFragment("hide=1.x.3&show=ping.none&type=NONE")).toEqual({ hiddenServers: [1, 3], groups: ["ping"] });
});
