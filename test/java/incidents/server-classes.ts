/** The class path of unmodified servers of a release, with the release's own logging library and pattern. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { compareVersions } from "../../../protocol/releases.ts";
import { oneAtATime } from "../lanes.ts";

const BUILD_MS_MAX = 300_000;
const LOGBACK_SINCE = "3.8.0";
/** The pattern in conf/ of every release from 3.4 to 3.9. */
const PATTERN = "%d{ISO8601} [myid:%X{myid}] - %-5p [%t:%C{1}@%L] - %m%n";

const LOGBACK_XML = `<configuration>
  <appender name="CONSOLE" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>${PATTERN}</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="CONSOLE"/></root>
</configuration>
`;
const LOG4J_PROPERTIES = `log4j.rootLogger=INFO, CONSOLE
log4j.appender.CONSOLE=org.apache.log4j.ConsoleAppender
log4j.appender.CONSOLE.layout=org.apache.log4j.PatternLayout
log4j.appender.CONSOLE.layout.ConversionPattern=${PATTERN}
`;

/**
 * Returns the class path. Maven downloads the jars at the first call. Calls wait for each other. Rejects if Maven
 * fails.
 */
export const serverClassPath = oneAtATime(async (folder: string, release: string): Promise<string> => {
  const target = join(folder, "out", release);
  const file = join(target, "servers-classpath.txt");
  const hasLogback = compareVersions(release, LOGBACK_SINCE) >= 0;
  if (!existsSync(file)) {
    const profile = ["-P", hasLogback ? "logback" : "reload4j"];
    const options = ["-q", "-B", "-f", "servers.pom.xml", "dependency:build-classpath"];
    mkdirSync(target, { recursive: true });
    try {
      const version = `-Dzookeeper.version=${release}`;
      await promisify(execFile)("mvn", [...options, version, ...profile], { cwd: folder, timeout: BUILD_MS_MAX });
    } catch (error) {
      rmSync(file, { force: true });
      throw new Error(`Maven cannot resolve the servers of ${release}: ${(error as Error).message}`);
    }
  }
  const conf = join(target, "servers-conf");
  mkdirSync(conf, { recursive: true });
  writeFileSync(join(conf, "logback.xml"), LOGBACK_XML);
  writeFileSync(join(conf, "log4j.properties"), LOG4J_PROPERTIES);
  return [conf, readFileSync(file, "utf8").trim()].join(delimiter);
});
