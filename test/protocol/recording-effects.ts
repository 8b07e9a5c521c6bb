/** Effects that only record their calls, for tests of classes that need no Peer. */
import { asConnectionId, type Effects, type Timer } from "../../protocol/effects.ts";

export class RecordingEffects {
  /** The calls, oldest first, such as `setTimer 3 500`. */
  readonly calls: string[] = [];
  readonly effects: Effects;
  private connections = 0;

  constructor() {
    const parts: Partial<Effects> = {
      setTimer: (timer: Timer, delayUs: number) => this.record("setTimer", timer, delayUs),
      cancelTimer: (timer: Timer) => this.record("cancelTimer", timer),
      connect: (to, port) => {
        this.record("connect", to, port);
        return asConnectionId(++this.connections);
      },
      close: (connection) => this.record("close", connection),
    };
    this.effects = parts as Effects;
  }

  /** Returns the calls since the last call of `take`. */
  take(): string[] {
    return this.calls.splice(0);
  }

  private record(...call: readonly (string | number)[]): void {
    this.calls.push(call.join(" "));
  }
}
