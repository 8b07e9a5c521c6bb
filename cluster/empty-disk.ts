/** The server with an empty disk that has not started yet. */
import type { ServerSpec } from "./cluster-spec.ts";

/** A participant that is down and has an empty disk. */
export const EMPTY_SERVER: ServerSpec = {
  role: "participant",
  history: "",
  snapshots: [],
  logFilesFrom: [],
  acceptedEpoch: "missing",
  currentEpoch: "missing",
  empty: true,
  down: true,
  settings: {},
};
