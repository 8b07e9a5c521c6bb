/** Finds the jars of a release of ZooKeeper, with what they need, in the local Maven repository. */
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { compareVersions } from "../protocol/index.ts";
import { usesLogback } from "./log-settings.ts";
import { MissingTool } from "./tools.ts";

/** The default folder of the local Maven repository. */
export function mavenRepository(): string {
  return join(homedir(), ".m2", "repository");
}

/** One artifact that a server loads. `prefer`: the start of the version that fits. */
interface Artifact {
  readonly group: string;
  readonly name: string;
  readonly prefer?: string;
  readonly isOptional?: boolean;
}

const NETTY = ["common", "buffer", "handler", "transport", "codec", "resolver", "transport-native-unix-common"];

/**
 * Returns the class path of a release, without a folder for the configuration of the logs. Throws a MissingTool that
 * names the first missing jar.
 */
export function classPathOf(release: string, repository = mavenRepository()): string {
  const jars: string[] = [];
  for (const artifact of artifactsOf(release)) {
    const jar = findJar(repository, artifact);
    if (jar !== undefined) jars.push(jar);
    else if (artifact.isOptional !== true) throw missing(release, artifact, repository);
  }
  return jars.join(delimiter);
}

function artifactsOf(release: string): Artifact[] {
  const has = (since: string): boolean => compareVersions(release, since) >= 0;
  const logging: Artifact[] = usesLogback(release)
    ? [
        { group: "org.slf4j", name: "slf4j-api", prefer: "2.0." },
        { group: "ch.qos.logback", name: "logback-classic", prefer: "1.3." },
        { group: "ch.qos.logback", name: "logback-core", prefer: "1.3." },
      ]
    : [
        { group: "org.slf4j", name: "slf4j-api", prefer: "1.7." },
        { group: "org.slf4j", name: "slf4j-reload4j", prefer: "1.7." },
        { group: "ch.qos.reload4j", name: "reload4j" },
      ];
  return [
    { group: "org.apache.zookeeper", name: "zookeeper", prefer: release },
    ...(has("3.5.5") ? [{ group: "org.apache.zookeeper", name: "zookeeper-jute", prefer: release }] : []),
    ...logging,
    ...NETTY.map((part) => ({ group: "io.netty", name: `netty-${part}`, isOptional: true })),
    { group: "io.netty", name: "netty", isOptional: true },
    { group: "commons-io", name: "commons-io", isOptional: true },
    { group: "commons-lang", name: "commons-lang", isOptional: true },
    { group: "org.apache.yetus", name: "audience-annotations", isOptional: true },
    { group: "org.xerial.snappy", name: "snappy-java" },
    { group: "io.dropwizard.metrics", name: "metrics-core" },
  ];
}

function findJar(repository: string, { group, name, prefer = "" }: Artifact): string | undefined {
  const folder = join(repository, ...group.split("."), name);
  if (!existsSync(folder)) return undefined;
  const isNumber = /^\d/;
  const versions = readdirSync(folder)
    .filter((version) => isNumber.test(version) && (prefer === "" || version === prefer || isLine(version, prefer)))
    .sort(compareNumbers);
  return versions
    .map((version) => join(folder, version, `${name}-${version}.jar`))
    .findLast((path) => existsSync(path));
}

function isLine(version: string, prefer: string): boolean {
  return prefer.endsWith(".") && version.startsWith(prefer);
}

function compareNumbers(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function missing(release: string, { group, name, prefer }: Artifact, repository: string): MissingTool {
  const version = prefer === undefined || prefer.endsWith(".") ? "" : `:${prefer}`;
  return new MissingTool(
    `${group}:${name}${version} is not in the local Maven repository ${repository} (accepted: a repository with the ` +
      `jars of ZooKeeper ${release}, for example after \`mvn dependency:get ` +
      `-Dartifact=org.apache.zookeeper:zookeeper:${release}\`, or their paths in --classpath)`,
  );
}
