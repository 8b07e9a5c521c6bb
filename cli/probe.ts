/** `zabsim probe HOST:PORT` does the handshake of an observer with a real leader and prints what the leader decided. */
import { readZxid } from "../decide/zxid-lists.ts";
import { ProbeError, type ProbeIdentity } from "../probe/handshake.ts";
import { rulesThatFit } from "../probe/opinion.ts";
import { probe as probeLeader } from "../probe/probe.ts";
import { probeJson, probeText } from "../reports/probe.ts";
import { EXIT_FINDING, EXIT_OK } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import { paintFor } from "./options.ts";
import { textWidth, write } from "./output.ts";
import { UsageError } from "./usage-error.ts";

export interface ProbeOptions {
  readonly zxid?: string;
  readonly epoch?: string;
  readonly sid?: string;
  readonly zookeeper?: string;
  /** Microseconds. */
  readonly timeout?: number;
  readonly json?: boolean;
}

/** No server has a negative id, so a leader never takes the probe for one of its servers. */
const DEFAULT_SID = -1000n;
const DEFAULT_TIMEOUT_US = 10_000_000;

export async function probe(address: string, options: ProbeOptions): Promise<number> {
  const target = { ...targetOf(address), timeoutMs: timeoutOf(options) };
  const identity = identityOf(options);
  const release = options.zookeeper ?? "newest";
  return interruptible(async (interruption) => {
    const { signal } = interruption;
    const answer = await probeLeader(target, identity, signal).catch((error: unknown) => {
      if (error instanceof ProbeError) throw new UsageError(error.message);
      if (signal.aborted) return undefined;
      throw error;
    });
    if (answer === undefined) return interruption.exitCode ?? EXIT_OK;
    const report = { address, identity, answer, release, rules: rulesThatFit(answer, identity.zxid, release) };
    if (options.json) await write(`${JSON.stringify(probeJson(report))}\n`);
    else await write(`${probeText(report, paintFor(process.stdout), textWidth())}\n`);
    return report.rules.length > 0 ? EXIT_OK : EXIT_FINDING;
  });
}

const ADDRESS = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^:[\]\s]+)):(\d{1,5})$/;
const PORT_MAX = 65_535;

function targetOf(address: string): { host: string; port: number } {
  const [, bracketed, name, digits = ""] = ADDRESS.exec(address) ?? [];
  const host = bracketed ?? name;
  const port = Number(digits);
  if (host !== undefined && port > 0 && port <= PORT_MAX) return { host, port };
  throw new UsageError(`${address}: not an address (accepted: HOST:PORT, e.g. zk1:2888 or [::1]:2888)`);
}

/** The longest timeout of a socket, in milliseconds. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

function timeoutOf({ timeout = DEFAULT_TIMEOUT_US }: ProbeOptions): number {
  const timeoutMs = Math.ceil(timeout / 1000);
  if (timeoutMs > 0 && timeoutMs <= TIMEOUT_MS_MAX) return timeoutMs;
  throw new UsageError(`--timeout ${timeoutMs}ms: not in range (accepted: 1ms to ${TIMEOUT_MS_MAX}ms)`);
}

function identityOf({ epoch = "-1", sid, zxid = "0:0" }: ProbeOptions): ProbeIdentity {
  const value = readZxid(zxid);
  if (typeof value === "string") throw new UsageError(`--zxid ${value}`);
  return {
    sid: sid === undefined ? DEFAULT_SID : whole("--sid", sid, -(2n ** 63n), 2n ** 63n - 1n),
    zxid: value,
    epoch: Number(whole("--epoch", epoch, -1n, 2n ** 31n - 1n)),
  };
}

function whole(option: string, text: string, min: bigint, max: bigint): bigint {
  const value = /^-?\d{1,19}$/.test(text) ? BigInt(text) : undefined;
  if (value !== undefined && value >= min && value <= max) return value;
  throw new UsageError(`${option} ${text}: not a whole number in range (accepted: ${min} to ${max})`);
}
