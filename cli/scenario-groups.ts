/**
 * The groups in which `zabsim run` summarizes the scenarios that ship with zabsim. A scenario belongs to the first
 * group whose pattern matches its name.
 */
interface ScenarioGroup {
  readonly title: string;
  readonly names: RegExp;
}

export const SCENARIO_GROUPS: readonly ScenarioGroup[] = [
  {
    title: "bugs with a ticket",
    names: /^zookeeper-\d+-|^ack-from-|^trunc-then-|^log-thread-|^synced-diff-|^txns-after-trunc-/,
  },
  { title: "bugs without a ticket, which no release fixes", names: /^open-/ },
  { title: "reconfigurations", names: /^reconfig-/ },
  { title: "releases and rolling upgrades", names: /^release-|^rolling-upgrade-|-before-zab-1-/ },
  {
    title: "changed configurations",
    names: /^expansion-(three|new)-|^removed-server-|becomes?-(participant|observers)-/,
  },
  { title: "crashes, restarts and failing disks", names: /crash|restart|-dies-|cannot-write|impossible-disks/ },
  { title: "DIFF, TRUNC or SNAP", names: /-(diff|snap|trunc|truncated|truncate)(-|$)/ },
  { title: "epochs, quorums and refused packets", names: /./ },
];

/** Returns the title of the group that contains the scenario with this name. */
export function groupOf(name: string): string {
  return SCENARIO_GROUPS.find(({ names }) => names.test(name))?.title ?? "";
}
