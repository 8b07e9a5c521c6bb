/** The environment of Maven. */

/** Options of Maven's Java process. Its slower compiler would double the CPU time of a build of a few seconds. */
const OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

export const MAVEN_ENV: NodeJS.ProcessEnv = {
  ...process.env,
  MAVEN_OPTS: `${OPTIONS} ${process.env.MAVEN_OPTS ?? ""}`.trim(),
};
