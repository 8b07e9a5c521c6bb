/** The settings of the log of a real server. The pattern is the one in conf/ of every release from 3.4 to 3.9. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compareVersions } from "../protocol/index.ts";

const LOGBACK_SINCE = "3.8.0";
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

/** Returns whether a release logs through logback. Older ones use log4j. */
export function usesLogback(release: string): boolean {
  return compareVersions(release, LOGBACK_SINCE) >= 0;
}

/** Writes the settings of both libraries to a folder of the class path. */
export function writeLogSettings(folder: string): void {
  writeFileSync(join(folder, "logback.xml"), LOGBACK_XML);
  writeFileSync(join(folder, "log4j.properties"), LOG4J_PROPERTIES);
}
