/** The programs and jars that a run needs, and whether they are there. */
import { execFile } from "node:child_process";
import { platform } from "node:os";

const TOOL_MS_MAX = 60_000;
const VERSION_CLASS = "org.apache.zookeeper.Version";

/** A missing program or file, with a message for the user. */
export class MissingTool extends Error {}

/** How a program ended. */
interface ToolEnd {
  /** The exit code; null if a signal or the time limit ended the program. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program. Resolves to undefined if there is no such program. Rejects if the signal aborts. */
export function runTool(name: string, args: readonly string[], signal: AbortSignal): Promise<ToolEnd | undefined> {
  return new Promise((resolve, reject) => {
    execFile(name, args, { signal, timeout: TOOL_MS_MAX }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (signal.aborted) reject(signal.reason);
      else if (code === "ENOENT" || code === "EACCES") resolve(undefined);
      else resolve({ code: typeof code === "number" ? code : null, stdout, stderr });
    });
  });
}

/**
 * Checks that this machine can run servers of a release with a class path. Rejects with a MissingTool if it cannot, or
 * if the signal aborts.
 */
export async function checkJava(classPath: string, release: string, signal: AbortSignal): Promise<void> {
  if (platform() !== "linux") throw new MissingTool(`zabsim confirm runs on Linux only (this is ${platform()})`);
  const ended = await runTool("java", ["-cp", classPath, VERSION_CLASS, "--full"], signal);
  if (ended === undefined)
    throw new MissingTool("no Java found (accepted: the program java in PATH, version 8 or newer)");
  const version = /^\d+\.\d+\.\d+/m.exec(ended.stdout)?.[0];
  if (version === undefined || ended.code !== 0) {
    const why = ended.stderr.trim().split("\n")[0];
    throw new MissingTool(
      `java cannot run ${VERSION_CLASS}: ${why} (accepted: in --classpath, the jars of ZooKeeper ${release} and of ` +
        "its dependencies)",
    );
  }
  if (version !== release) {
    throw new MissingTool(
      `the class path has ZooKeeper ${version}, but --release is ${release} (accepted: --release ${version}, or the ` +
        `jars of ${release} in --classpath)`,
    );
  }
}
