/** `zabsim proxy` sits between real servers and performs the network steps of a scenario on their connections. */
import type { ProtocolRecord } from "../cluster/records.ts";
import { rulesThatFit } from "../probe/opinion.ts";
import { loadProxyScenario, type ProxyScenario } from "../proxy/check-scenario.ts";
import { unmetExpectations } from "../proxy/expectations.ts";
import type { SeenHandshake } from "../proxy/handshakes.ts";
import { type ProxiedServers, readProxyConfig } from "../proxy/proxy-config.ts";
import { traceHead } from "../proxy/proxy-trace.ts";
import { RealClock } from "../proxy/real-clock.ts";
import { PortError, type ProxyOwner, ScenarioProxy } from "../proxy/scenario-proxy.ts";
import { type ProxyReport, proxyJson, proxyText } from "../reports/proxy.ts";
import { timelineLine } from "../reports/timeline.ts";
import { durationUs } from "../sim/time.ts";
import { wireRulesOf } from "../wire/index.ts";
import { configText } from "./config-text.ts";
import { EXIT_FINDING, EXIT_OK } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import { paintFor } from "./options.ts";
import { hint, textWidth, write } from "./output.ts";
import { TraceFile, unlessFailed } from "./trace-file.ts";
import { UsageError } from "./usage-error.ts";

export interface ProxyCliOptions {
  readonly config: string;
  readonly scenario?: string;
  /** Microseconds. */
  readonly until?: number;
  readonly trace?: string;
  readonly zookeeper?: string;
  readonly json?: boolean;
}

const ACCEPTED_CONFIG = "a YAML file with the addresses of the servers; docs/proxy.md describes it";
const ACCEPTED_SCENARIO = "the path of a scenario file with network steps";

export async function proxy(options: ProxyCliOptions): Promise<number> {
  const { config: file, zookeeper: release = "newest" } = options;
  const servers = readProxyConfig(configText(file, ACCEPTED_CONFIG), file);
  const script = scriptOf(options, servers);
  const steps = script?.scenario.steps ?? [];
  const untilUs =
    options.until ?? (script?.scenario.until === undefined ? undefined : durationUs(script.scenario.until));
  return await interruptible(async (interruption) => {
    const trace = options.trace === undefined ? undefined : new TraceFile(options.trace);
    const traced = (line: object): void => trace?.write(`${JSON.stringify(line)}\n`);
    traced(traceHead(servers, Date.now()));
    const owner: ProxyOwner = { recorded: printer(options), traced };
    const running = new ScenarioProxy(servers, steps, wireRulesOf(release), owner);
    try {
      await running.start().catch((error: unknown) => {
        if (!(error instanceof PortError)) throw error;
        throw new UsageError(`${file}: ${error.message} (accepted: free ports of this machine)`);
      });
      const ending = untilUs === undefined ? "; Ctrl-C ends it" : "";
      hint(`zabsim: the proxy of servers ${running.ids.join(", ")} listens${ending}`);
      await unlessFailed(trace, ended(untilUs, interruption.signal));
      const { result } = running;
      const unmet = script === undefined ? [] : unmetExpectations(script.scenario, result);
      const report: ProxyReport = { result, scenarioSteps: steps, release, rulesOf: rulesOf(release), unmet };
      if (options.json) await write(`${JSON.stringify(proxyJson(report))}\n`);
      else await write(`${proxyText(report, paintFor(process.stdout), textWidth())}\n`);
      return interruption.exitCode ?? (unmet.length > 0 ? EXIT_FINDING : EXIT_OK);
    } finally {
      running.stop();
      trace?.close();
    }
  });
}

function scriptOf({ scenario: file }: ProxyCliOptions, servers: ProxiedServers): ProxyScenario | undefined {
  if (file === undefined) return undefined;
  const script = loadProxyScenario(configText(file, ACCEPTED_SCENARIO), file, servers);
  if (script.unused.length > 0) {
    hint(`zabsim: ${file}: real servers do not use ${script.unused.join(", ")}`);
  }
  return script;
}

function rulesOf(release: string): ProxyReport["rulesOf"] {
  return ({ isObserver, operation, peerLastZxid, proposals, zxid }: SeenHandshake) => {
    if (operation === undefined || zxid === undefined || peerLastZxid === undefined) return [];
    const packets: Record<string, number> = proposals === 0 ? {} : { PROPOSAL: proposals };
    return rulesThatFit({ operation, zxid, packets }, peerLastZxid, release, isObserver);
  };
}

/** Prints each packet of a handshake and each step. With --json, the only output is the result at the end. */
function printer({ json }: ProxyCliOptions): (record: ProtocolRecord) => void {
  const layout = { paint: paintFor(process.stdout), width: textWidth() };
  return (record) => {
    if (!json) void write(`${timelineLine(record, layout)}\n`);
  };
}

/** Resolves at the end of the time, or when the user interrupts the command. */
function ended(untilUs: number | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // Without a time, the listeners keep the process alive.
    const clock = new RealClock();
    if (untilUs !== undefined) clock.at(untilUs, resolve);
    const stop = (): void => {
      clock.stop();
      resolve();
    };
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
}
