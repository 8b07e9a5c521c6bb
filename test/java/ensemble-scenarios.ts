/** The scenarios that the kind `ensembles` runs on real servers and in the simulator. */

/** The scenarios of `zabsim list scenarios` that are asked. Their `until` leaves the time for each of their steps. */
export const SHIPPED = [
  "reconfig-follower-becomes-observer-and-participant",
  "reconfig-initial-configuration-gets-a-version",
  "reconfig-majority-becomes-groups-with-weights",
  "reconfig-observer-cannot-be-counted-for-the-request",
  "reconfig-pending-configuration-already-active",
  "reconfig-pending-configuration-completed",
  "reconfig-pending-configuration-without-quorum-never-serves",
  "reconfig-reconfiguration-enabled-by-rolling-restart",
  "reconfig-remove-a-follower-and-add-it-back",
  "reconfig-remove-the-leader-designated-follower-leads",
  "reconfig-remove-two-of-five-that-are-down",
  "reconfig-voters-are-observers-in-the-pending-configuration",
];

/** The scenarios in which it matters how often a server connects to a leader, with the server. */
export const JOINERS: Readonly<Record<string, number>> = { "observer-aborts-sync-after-reconfiguration": 4 };

/** Scenarios that are asked in addition. */
export const OWN: Readonly<Record<string, string>> = {
  // With two voters, the leader can designate only one server.
  "change-ports": `
servers: { 1: {}, 2: {}, 3: { role: observer } }
settings: { reconfigEnabled: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, reconfig: { ports: { 1: { client: 2191 } } } }
  - { after: 1s, write: 1 }
  - { after: 1s, reconfig: { ports: { 2: { quorum: 2898 } } } }
  - { after: 5s, write: 1 }
  - { after: 1s, reconfig: { ports: { 1: { election: 3891 }, 2: { election: 3892 } } } }
  - { after: 1s, write: 1 }
  - { after: 1s, restart: 1 }
  - { after: 5s, write: 1 }
until: 30s
`,
  // Server 1 dials only the committed election ports of the others, which do not connect to it.
  "changed-election-address-never-dialed": `
servers:
  1:
    config: { voters: [1, 2, 3], version: "1:0" }
    nextConfig: &moved { voters: [1, 2, 3], ports: { 2: { election: 3898 }, 3: { election: 3899 } }, version: "2:0" }
    down: true
  2: &new { config: *moved }
  3: *new
settings: { reconfigEnabled: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, start: 1 }
  - { after: 5s, write: 1 }
until: 15s
`,
  // Leader 3 shows the list in its snapshot. Without server 1, no other server can lead in the meantime.
  "leader-shows-old-list": `
servers:
  1: &old { config: { voters: [1, 2, 3] } }
  2: *old
  3: *old
  4: { config: { voters: [1, 2, 3], observers: [4] }, empty: true, down: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, crash: 1 }
  - { after: 1s, restart: { server: 3, config: { voters: [1, 2, 3], observers: [4] } } }
  - { after: 5s, write: 1 }
until: 15s
`,
  "expand-with-reconfig": `
servers:
  1: &old { config: { voters: [1, 2, 3] } }
  2: *old
  3: *old
  4: { config: { voters: [1, 2, 3, 4] }, empty: true, down: true }
  5: { config: { voters: [1, 2, 3, 5] }, empty: true, down: true }
settings: { reconfigEnabled: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, reconfig: { add: { 4: participant, 5: participant }, remove: 1, refused: NewConfigNoQuorum } }
  - { after: 1s, start: 4 }
  - { after: 3s, reconfig: { add: { 4: participant } } }
  - { after: 1s, start: 5 }
  - { after: 3s, reconfig: { add: { 5: participant } } }
  - { after: 1s, write: 1 }
until: 15s
`,
  // The order that `zabsim plan-roll` advises for this roll.
  "expand-with-static-lists": `
servers:
  1: &old { config: { voters: [1, 2, 3] } }
  2: *old
  3: *old
  4: &new { config: &five { voters: [1, 2, 3, 4, 5] }, empty: true, down: true }
  5: *new
steps:
  - { when: established, write: 1 }
  - { after: 1s, reconfig: { remove: 1, refused: ReconfigDisabled } }
  - { after: 1s, start: 4 }
  - { after: 3s, write: 1 }
  - { after: 1s, restart: { server: 1, config: *five } }
  - { after: 5s, restart: { server: 2, config: *five } }
  - { after: 5s, write: 1 }
  - { after: 1s, restart: { server: 3, config: *five } }
  - { after: 5s, write: 1 }
  - { after: 1s, start: 5 }
  - { after: 3s, write: 1 }
until: 30s
`,
  // The same for a server that is replaced.
  "replace-a-server-with-static-lists": `
servers:
  1: &old { config: { voters: [1, 2, 3] } }
  2: *old
  3: *old
  4: { config: &new { voters: [1, 2, 4] }, empty: true, down: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, crash: { server: 3, connectionsReset: true } }
  - { after: 5s, write: 1 }
  - { after: 1s, restart: { server: 1, config: *new } }
  - { after: 5s, write: 1 }
  - { after: 1s, start: 4 }
  - { after: 5s, write: 1 }
  - { after: 1s, restart: { server: 2, config: *new } }
  - { after: 5s, write: 1 }
until: 40s
`,
  // The same for the removal of two servers of five.
  "remove-two-of-five-with-static-lists": `
servers:
  1: { config: { voters: [1, 2, 3, 4, 5] } }
  2: { config: { voters: [1, 2, 3, 4, 5] } }
  3: { config: { voters: [1, 2, 3, 4, 5] } }
  4: { config: { voters: [1, 2, 3, 4, 5] } }
  5: { config: { voters: [1, 2, 3, 4, 5] } }
steps:
  - { when: established, write: 1 }
  - { after: 1s, crash: { server: 4, connectionsReset: true } }
  - { after: 5s, write: 1 }
  - { after: 1s, crash: { server: 5, connectionsReset: true } }
  - { after: 5s, write: 1 }
  - { after: 1s, restart: { server: 3, config: &three { voters: [1, 2, 3] } } }
  - { after: 5s, write: 1 }
  - { after: 1s, restart: { server: 1, config: *three } }
  - { after: 5s, write: 1 }
  - { after: 1s, restart: { server: 2, config: *three } }
  - { after: 5s, write: 1 }
until: 50s
`,
  // The known bugs. Each scenario has the cause of the shipped scenario with the same name, and uses only files,
  // crashes and cuts. A cut alone ends no connection before its time limit, so `disconnect` follows.
  "pending-configuration-forgotten-at-second-restart": `
servers:
  1: &old
    config: { voters: [1, 2], version: "1:0" }
    nextConfig: { voters: [1, 2, 3, 4, 5], version: "2:0" }
    down: true
  2: *old
  3: &new { config: { voters: [1, 2, 3, 4, 5], version: "2:0" } }
  4: *new
  5: *new
settings: { reconfigEnabled: true }
steps:
  - { when: established, partition: [[1, 2], [3, 4, 5]] }
  - { after: 0ms, start: 1 }
  - { after: 0ms, start: 2 }
  - { after: 3s, restart: 1 }
  - { after: 0ms, restart: 2 }
until: 12s
`,
  "joining-learner-activates-pending-configuration": `
servers:
  1: &old { config: { voters: [1, 2, 3] } }
  2: *old
  3: *old
  4: { config: { voters: [1, 2, 3, 4] }, empty: true, down: true }
  5: { config: { voters: [1, 2, 3, 5] }, empty: true, down: true }
settings: { reconfigEnabled: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, start: 4 }
  - { after: 0ms, start: 5 }
  - { after: 3s, bridge: { over: 4, sides: [[1, 2], [3]] } }
  - { after: 0ms, reconfig: { add: { 4: participant, 5: participant }, remove: [1, 2] } }
  - { after: 1s, disconnect: { server: 4, from: 3 } }
  - { after: 3s, partition: [[1, 2], [3, 4, 5]] }
  - { after: 0ms, disconnect: { server: 3, from: 1 } }
  - { after: 0ms, disconnect: { server: 3, from: 2 } }
until: 30s
`,
  // Server 4, which the new configuration needs, gets the reconfiguration only after the write is proposed.
  "demoted-voters-block-proposals": `
servers: 5
settings: { reconfigEnabled: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, bridge: { over: 1, sides: [[4], [5]] } }
  - { after: 0ms, reconfig: { add: { 1: observer, 2: observer, 3: observer } } }
  - { after: 1s, bridge: { over: 4, sides: [[1, 2, 3], [5]] } }
  - { after: 0ms, write: 1 }
  - { after: 1s, heal: [4] }
  - { after: 1s, disconnect: { server: 5, from: 1 } }
  - { after: 0ms, disconnect: { server: 5, from: 2 } }
  - { after: 0ms, disconnect: { server: 5, from: 3 } }
  - { after: 0ms, heal: all }
  - { after: 5s, write: 1 }
until: 30s
`,
  "dropped-pending-configuration-never-joins": `
servers:
  1: &old { config: { voters: [1, 2, 3] } }
  2: *old
  3: *old
  4: { config: { voters: [1, 2, 3, 4] }, empty: true, down: true }
settings: { reconfigEnabled: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, start: 4 }
  - { after: 3s, bridge: { over: 4, sides: [[1, 2], [3]] } }
  - { after: 0ms, reconfig: { add: { 4: participant }, remove: 2 } }
  - { after: 0ms, disconnect: { server: 3, from: 1 } }
  - { after: 0ms, disconnect: { server: 3, from: 2 } }
  - { after: 15s, heal: all }
until: 60s
`,
  "vote-of-last-election-elects-lost-leader": `
servers:
  1: &old { config: { voters: [1, 2, 4], observers: [3] } }
  2: *old
  3: { role: observer, config: { voters: [1, 2, 4], observers: [3] } }
  4: *old
  5: { config: { voters: [1, 2, 4, 5], observers: [3] }, empty: true, down: true }
settings: { reconfigEnabled: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, start: 5 }
  - { after: 3s, bridge: { over: 3, sides: [[1, 2], [4]] } }
  - { after: 0ms, reconfig: { add: { 3: participant, 5: participant }, remove: [1, 2] } }
  - { after: 0ms, disconnect: { server: 4, from: 1 } }
  - { after: 0ms, disconnect: { server: 4, from: 2 } }
  - { after: 15s, crash: { server: 2, connectionsReset: true } }
  - { after: 0ms, heal: all }
until: 60s
`,
  // The ACK of observer 4 is held, so it gets no UPTODATE. The last write is the second one that servers 3 and 4 have.
  "observer-writes-epoch-before-diff-is-logged": `
servers:
  1: &old { config: { voters: [1, 2, 3], observers: [4] } }
  2: *old
  3: *old
  4: { role: observer, config: { voters: [1, 2, 3], observers: [4] } }
steps:
  - { when: established, write: 1 }
  - { after: 1s, crash: { server: 4, connectionsReset: true } }
  - { after: 1s, write: 1 }
  - { after: 1s, crash: { server: 3, connectionsReset: true } }
  - { after: 5s, hold: { type: ACK, from: 4, to: 2 } }
  - { after: 0ms, start: 4 }
  - { after: 5s, crash: { server: 4, connectionsReset: true } }
  - { after: 0ms, crash: { server: 1, connectionsReset: true } }
  - { after: 0ms, crash: { server: 2, connectionsReset: true } }
  - { after: 0ms, start: { server: 4, config: &new { voters: [1, 3, 4] } } }
  - { after: 0ms, start: { server: 3, config: *new } }
  - { after: 5s, write: 1 }
until: 40s
`,
  "mixed-reconfig-enabled-no-leader": `
servers:
  1: { settings: { reconfigEnabled: true } }
  2: { settings: { reconfigEnabled: true } }
  3: { down: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, start: 3 }
  - { after: 3s, write: 1 }
  - { after: 1s, crash: { server: 2, connectionsReset: true } }
until: 30s
`,
  "older-dynamic-file-without-reconfig-never-joins": `
servers:
  1: &new { config: { voters: [1, 2, 3], observers: [4], version: "2:0" } }
  2: *new
  3: { config: { voters: [1, 2, 3], version: "1:0" }, down: true }
  4: { role: observer, config: { voters: [1, 2, 3], observers: [4], version: "2:0" } }
steps:
  - { when: established, write: 1 }
  - { after: 1s, start: 3 }
  - { after: 3s, write: 1 }
until: 20s
`,
  // The handler of server 1 waits between the two statements that read the configuration and queue NEWLEADER. Servers 4
  // and 5, which the new configuration needs, get the reconfiguration after server 1 is cut off.
  "newleader-names-replaced-configuration": `
servers:
  1: &old { config: { voters: [1, 2, 3] } }
  2: *old
  3: *old
  4: { config: { voters: [1, 2, 3, 4] }, empty: true, down: true }
  5: { config: { voters: [1, 2, 3, 5] }, empty: true, down: true }
settings: { reconfigEnabled: true }
threads: { queueNewLeader: 2s }
steps:
  - { when: established, after: 3s, write: 1 }
  - { after: 1s, start: 4 }
  - { after: 0ms, start: 5 }
  - { after: 5s, crash: { server: 1, connectionsReset: true } }
  - { after: 1s, start: 1 }
  - { when: { event: sync-decided, server: 3 }, crash: { server: 2, connectionsReset: true } }
  - { after: 3s, bridge: { over: 1, sides: [[3], [4, 5]] } }
  - { after: 0ms, reconfig: { add: { 4: participant, 5: participant }, remove: [1, 2] } }
  - { after: 7s, bridge: { over: 4, sides: [[1], [3]] } }
  - { after: 0ms, heal: [4, 5] }
  - { after: 1s, crash: { server: 1, connectionsReset: true } }
  - { after: 0ms, partition: [[1, 2], [3, 4, 5]] }
  - { after: 0ms, start: 1 }
  - { after: 0ms, start: 2 }
until: 40s
`,
  // The snapshot is larger than the buffers of a TCP connection, and observer 4 stops reading it.
  "observer-aborts-sync-after-reconfiguration": `
servers:
  1: { config: { voters: [1, 2, 3], observers: [4] } }
  2: { config: { voters: [1, 2, 3], observers: [4] } }
  3: { config: { voters: [1, 2, 3], observers: [4] } }
  4: { role: observer, config: { voters: [1, 2, 3], observers: [4] }, empty: true, down: true }
settings: { reconfigEnabled: true }
steps:
  - { when: established, write: { count: 12, bytes: 900000 } }
  - { after: 1s, stall: { server: 3, thread: handlers }, for: 5s }
  - { after: 0ms, start: 4 }
  - { when: sync-decided, write: 1 }
  - { after: 500ms, reconfig: { remove: 1 } }
  - { after: 500ms, write: 1 }
  - { after: 500ms, heal: all }
until: 20s
`,
  "zookeeper-3829-leader-outside-pending-configuration-commits-nothing": `
servers:
  1: &old { config: { voters: [1, 2, 3] } }
  2: *old
  3: *old
  4: { config: &four { voters: [1, 2, 3, 4] }, empty: true, down: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, start: 4 }
  - { after: 3s, restart: { server: 1, config: *four } }
  - { after: 5s, restart: { server: 2, config: *four } }
  - { after: 5s, restart: { server: 3, config: *four } }
  - { after: 5s, write: 1 }
until: 30s
`,
};
