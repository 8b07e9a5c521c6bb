/**
 * Connects to the quorum port of a leader, does the handshake of an observer up to NEWLEADER, and leaves. It writes
 * nothing to a disk and never acknowledges NEWLEADER.
 */
import { connect } from "node:net";
import { type ProbeAnswer, ProbeError, ProbeHandshake, type ProbeIdentity } from "./handshake.ts";

export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
  /** The probe gives up if the server sends nothing for this time, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Resolves to what the leader proposed and decided. Rejects with a ProbeError if there is no answer, or with the reason
 * of `signal` if it aborts. In every case, the connection is closed.
 */
export function probe(target: ProbeTarget, identity: ProbeIdentity, signal?: AbortSignal): Promise<ProbeAnswer> {
  const { host, port, timeoutMs } = target;
  const at = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const handshake = new ProbeHandshake(identity, (bytes) => socket.write(bytes));
    let isConnected = false;
    const end = (settle: () => void): void => {
      signal?.removeEventListener("abort", onAbort);
      socket.destroy();
      settle();
    };
    const fail = (message: string): void => end(() => reject(new ProbeError(`${at}: ${message}`)));
    const onAbort = (): void => end(() => reject(signal?.reason));
    if (signal?.aborted) {
      onAbort();
      return;
    }
    signal?.addEventListener("abort", onAbort);
    socket.setNoDelay(true);
    socket.setTimeout(timeoutMs, () =>
      fail(isConnected ? silenceText(handshake, timeoutMs) : noConnectionText(timeoutMs)),
    );
    socket.on("connect", () => {
      isConnected = true;
      handshake.start();
    });
    socket.on("data", (chunk: Buffer) => {
      try {
        handshake.receive(chunk);
      } catch (error) {
        if (!(error instanceof ProbeError)) throw error;
        fail(error.message);
        return;
      }
      const { answer } = handshake;
      if (answer !== undefined) end(() => resolve(answer));
    });
    socket.on("error", (error: NodeJS.ErrnoException) => fail(errorText(error, isConnected)));
    socket.on("end", () => fail(closedText(handshake)));
  });
}

function noConnectionText(ms: number): string {
  return `no connection within ${ms / 1000} s (accepted: the quorum port of a leader)`;
}

function silenceText({ waitsFor }: ProbeHandshake, ms: number): string {
  const silence = `the server sent nothing for ${ms / 1000} s while the probe waited for ${waitsFor}`;
  if (waitsFor !== "LEADERINFO") return `${silence} (accepted: a longer --timeout)`;
  return (
    `${silence}; a leader that waits for its quorum sends none, nor do other services (accepted: the quorum port of ` +
    "an established leader, the first port of server.N)"
  );
}

/** A leader closes the connection without a packet about the reason. Its log has it. */
function closedText({ waitsFor }: ProbeHandshake): string {
  const closed = `the server closed the connection before ${waitsFor}`;
  if (waitsFor === "LEADERINFO") {
    return (
      `${closed}: it is no leader, its quorum did not form within initLimit, or it needs TLS or SASL between servers ` +
      "(accepted: the quorum port of a leader without these)"
    );
  }
  return `${closed}: its log says why, for example "too many concurrent" synchronizations of observers`;
}

const ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused: only a leader listens on its quorum port (accepted: the leader of the ensemble)",
  ENOTFOUND: "unknown host",
  EAI_AGAIN: "the name of the host cannot be resolved now",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ETIMEDOUT: "no connection: the host does not answer",
};

function errorText({ code = "error", message }: NodeJS.ErrnoException, isConnected: boolean): string {
  if (isConnected) return `the connection broke (${code})`;
  return ERRORS[code] ?? `cannot be connected (${code === "error" ? message : code})`;
}
