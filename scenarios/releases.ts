/** The ZooKeeper releases whose behaviour a scenario may ask for. The schema lists the same ones. */
export const RELEASES: readonly string[] = ["newest"];
