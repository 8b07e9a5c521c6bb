/** The class path of unmodified servers of a release, with the release's own logging library and pattern. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { usesLogback, writeLogSettings } from "../../../confirm/log-settings.ts";
import { oneAtATime } from "../lanes.ts";
import { MAVEN_ENV } from "../maven.ts";

const BUILD_MS_MAX = 300_000;

/**
 * Returns the class path. Maven downloads the jars at the first call. Calls wait for each other. Rejects if Maven
 * fails.
 */
export const serverClassPath = oneAtATime(async (folder: string, release: string): Promise<string> => {
  const target = join(folder, "out", release);
  const file = join(target, "servers-classpath.txt");
  if (!existsSync(file)) {
    const profile = ["-P", usesLogback(release) ? "logback" : "reload4j"];
    const options = ["-q", "-B", "-f", "servers.pom.xml", "dependency:build-classpath"];
    mkdirSync(target, { recursive: true });
    try {
      const version = `-Dzookeeper.version=${release}`;
      const settings = { cwd: folder, env: MAVEN_ENV, timeout: BUILD_MS_MAX };
      await promisify(execFile)("mvn", [...options, version, ...profile], settings);
    } catch (error) {
      rmSync(file, { force: true });
      throw new Error(`Maven cannot resolve the servers of ${release}: ${(error as Error).message}`);
    }
  }
  const conf = join(target, "servers-conf");
  mkdirSync(conf, { recursive: true });
  writeLogSettings(conf);
  return [conf, readFileSync(file, "utf8").trim()].join(delimiter);
});
