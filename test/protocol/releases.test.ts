/** The releases that a server can run. A release without a profile of its own uses the profile of another release. */
import { describe, expect, it } from "vitest";
import { NO_FIXES } from "../../protocol/behavior.ts";
import {
  ALIKE,
  behaviorOf,
  compareVersions,
  NEWEST,
  nearestBelow,
  noteOnRelease,
  PATCHED,
  PROFILES,
  PUBLISHED_RELEASES,
  profileOf,
  RELEASES,
} from "../../protocol/releases.ts";

/** Every release of ZooKeeper from 3.4.10 to 3.9.5 that is neither an alpha nor a beta release. */
const TAGGED = [
  ...["3.4.10", "3.4.11", "3.4.12", "3.4.13", "3.4.14"],
  ...["3.5.5", "3.5.6", "3.5.7", "3.5.8", "3.5.9", "3.5.10"],
  ...["3.6.0", "3.6.1", "3.6.2", "3.6.3", "3.6.4", "3.7.0", "3.7.1", "3.7.2"],
  ...["3.8.0", "3.8.1", "3.8.2", "3.8.3", "3.8.4", "3.8.5", "3.8.6"],
  ...["3.9.0", "3.9.1", "3.9.2", "3.9.3", "3.9.4", "3.9.5"],
];

it("every published release can be run; newest and patched come last", () => {
  expect(PUBLISHED_RELEASES).toEqual(TAGGED);
  expect(RELEASES).toEqual([...TAGGED, "newest", "patched"]);
});

it("newest behaves like the last published release, and only patched has fixes", () => {
  expect(behaviorOf("newest")).toBe(NEWEST);
  expect(behaviorOf(TAGGED.at(-1) as string)).toEqual(NEWEST);
  expect(behaviorOf("patched")).toBe(PATCHED);
  for (const release of PUBLISHED_RELEASES) expect(behaviorOf(release)).toMatchObject(NO_FIXES);
});

describe.each(Object.entries(ALIKE))("%s", (release, { except, profile }) => {
  it("differs from its profile only where the table says so", () => {
    expect(PROFILES[profile]).toBeDefined();
    expect(PROFILES[release]).toBeUndefined();
    expect(behaviorOf(release)).toEqual({ ...behaviorOf(profile), ...except });
    for (const [name, value] of Object.entries(except ?? {})) {
      expect(behaviorOf(profile)[name as keyof typeof except], name).not.toEqual(value);
    }
    expect(profileOf(release)).toBe(profile);
  });

  it("has a note that names its profile and the evidence", () => {
    expect(noteOnRelease(release)).toMatch(new RegExp(`^ZooKeeper ${release} .*${profile}.*: \\S.*\\.$`));
  });

  it("behaves like no profile, if it differs from its own", () => {
    const alike = Object.values(PROFILES).filter((behavior) => isEqual(behavior, behaviorOf(release)));
    expect(alike.length > 0).toBe(except === undefined);
  });
});

function isEqual(a: object, b: object): boolean {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}

it("a release with a profile of its own has no note", () => {
  expect(noteOnRelease("3.8.4")).toBeUndefined();
  expect(profileOf("3.8.4")).toBe("3.8.4");
});

it.each([
  ["3.9.6", "3.9.5"],
  ["4.0", "3.9.5"],
  ["3.7.3", "3.7.2"],
  ["3.5.4-beta", "3.4.14"],
  ["3.8", "3.7.2"],
  ["3.4.9", undefined],
  ["new", undefined],
])("the nearest release below %s is %s", (version, nearest) => {
  expect(nearestBelow(version)).toBe(nearest);
});

it("versions are compared by their numbers", () => {
  expect(["3.5.10", "3.5.9", "3.10.0", "3.5"].sort(compareVersions)).toEqual(["3.5", "3.5.9", "3.5.10", "3.10.0"]);
  expect(compareVersions("3.5.8", "3.5.8")).toBe(0);
});
