/** The ZooKeeper releases whose behaviour a scenario may ask for. The schema lists the same ones. */
import { PROFILES } from "../protocol/index.ts";

export const RELEASES: readonly string[] = Object.keys(PROFILES);
