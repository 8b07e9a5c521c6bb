/** How a learner connects to its leader: tries, pauses and time limits by release. */
import { describe, expect, it } from "vitest";
import { NO_CONNECTION, QUORUM_PORT, TIMER_CONNECT } from "../../../protocol/effects.ts";
import { LeaderConnector } from "../../../protocol/learner/leader-connector.ts";
import { behaviorOf } from "../../../protocol/releases.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../../protocol/settings.ts";
import { asServerId } from "../../../protocol/zxid.ts";
import { RecordingEffects } from "../recording-effects.ts";

const LEADER = 3;
const CONNECT = `connect ${LEADER} ${QUORUM_PORT}`;
const timer = (us: number): string => `setTimer ${TIMER_CONNECT} ${us}`;
const SETTINGS: Partial<Settings> = {
  tickTimeMs: 1000,
  initLimit: 10,
  syncLimit: 2,
  leaderConnectDelayDuringRetryMs: 100,
};

function connector(release: string, settings: Partial<Settings> = {}): [LeaderConnector, RecordingEffects] {
  const host = new RecordingEffects();
  const all = { ...DEFAULT_SETTINGS, ...SETTINGS, ...settings };
  return [new LeaderConnector(host.effects, all, behaviorOf(release), asServerId(LEADER), 0), host];
}

describe("LeaderConnector", () => {
  it("connects to the quorum port, and limits all tries together to initLimit", () => {
    const [one, host] = connector("newest");
    one.connect(0);
    expect(host.take()).toEqual([CONNECT, timer(10_000_000)]);
    expect(one.connection).not.toBe(NO_CONNECTION);
  });

  it("pauses for leaderConnectDelayDuringRetryMs, then tries again", () => {
    const [one, host] = connector("newest");
    one.connect(0);
    host.take();
    expect(one.failed(1000)).toBe(true);
    expect([host.take(), one.connection, one.tries]).toEqual([[timer(100_000)], NO_CONNECTION, 1]);
    expect(one.timeout(101_000)).toBe(true);
    expect(host.take()).toEqual([CONNECT, timer(9_899_000)]);
  });

  it("gives up after five tries", () => {
    const [one] = connector("newest");
    const results = [1, 2, 3, 4, 5].map((i) => {
      one.connect(i);
      return one.failed(i);
    });
    expect(results).toEqual([true, true, true, true, false]);
  });

  it("gives up if the limit would expire during the pause", () => {
    const [one] = connector("newest");
    one.connect(0);
    expect(one.failed(9_900_000)).toBe(false);
    const [other] = connector("newest");
    other.connect(0);
    expect(other.failed(9_899_999)).toBe(true);
  });

  it("closes a connection that is not open when the limit expires, and gives up", () => {
    const [one, host] = connector("newest");
    one.connect(0);
    host.take();
    expect(one.timeout(10_000_000)).toBe(false);
    expect(host.take()).toEqual(["close 1"]);
  });

  it("obeys connectToLearnerMasterLimit instead of initLimit, from ZOOKEEPER-3188 on", () => {
    const limit = { connectToLearnerMasterLimit: 4 };
    const [newer, newerHost] = connector("3.6.0", limit);
    newer.connect(0);
    expect(newerHost.take()).toContain(timer(4_000_000));
    const [older, olderHost] = connector("3.5.8", limit);
    older.connect(0);
    expect(olderHost.take()).toContain(timer(2_000_000));
  });

  it("before ZOOKEEPER-3188, one try is limited to syncLimit, and the pause takes one second", () => {
    const [one, host] = connector("3.5.8");
    one.connect(0);
    expect(host.take()).toEqual([CONNECT, timer(2_000_000)]);
    expect(one.timeout(2_000_000)).toBe(true);
    expect(host.take()).toEqual(["close 1", timer(1_000_000)]);
  });

  it("before ZOOKEEPER-1865, initLimit does not limit the tries", () => {
    const [one, host] = connector("3.4.14");
    one.connect(0);
    host.take();
    expect(one.failed(60_000_000)).toBe(true);
    expect(host.take()).toEqual([timer(1_000_000)]);
    const [limited] = connector("3.5.8");
    limited.connect(0);
    expect(limited.failed(60_000_000)).toBe(false);
  });

  it("cancels its timer when it stops", () => {
    const [one, host] = connector("newest");
    one.connect(0);
    host.take();
    one.stop();
    expect(host.take()).toEqual([`cancelTimer ${TIMER_CONNECT}`]);
  });
});
