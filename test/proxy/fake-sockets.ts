/** Sockets and a clock without a network: a test gives the bytes of a server, and reads what the proxy writes. */
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { Clock } from "../../proxy/real-clock.ts";

/** The proxy's side of a connection to one server. */
export class FakeSocket extends EventEmitter {
  readonly written: Uint8Array[] = [];
  destroyed = false;
  /** How the proxy has ended the connection; undefined while it is open. */
  ending: "end" | "destroy" | "reset" | undefined;

  setNoDelay(): void {}

  write(bytes: Uint8Array): void {
    this.written.push(bytes);
  }

  end(): void {
    this.ending ??= "end";
  }

  destroy(): void {
    this.ending ??= "destroy";
    this.destroyed = true;
  }

  resetAndDestroy(): void {
    this.ending = "reset";
    this.destroyed = true;
  }

  /** The server sends bytes. */
  receives(...chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.emit("data", Buffer.from(chunk));
  }

  /** The server closes the connection. As in Node, the socket is open until the event `close`. */
  closes(): void {
    this.emit("end");
    this.destroyed = true;
    this.emit("close");
  }

  get asSocket(): Socket {
    return this as unknown as Socket;
  }
}

/** A clock that a test advances. */
export class FakeClock implements Clock {
  nowUs = 0;
  private tasks: { readonly timeUs: number; readonly task: () => void }[] = [];

  at(timeUs: number, task: () => void): void {
    this.tasks.push({ timeUs, task });
  }

  /** Number of tasks that wait. */
  get waiting(): number {
    return this.tasks.length;
  }

  advanceTo(timeUs: number): void {
    for (;;) {
      const [next] = this.tasks.filter((one) => one.timeUs <= timeUs).sort((a, b) => a.timeUs - b.timeUs);
      if (next === undefined) break;
      this.tasks = this.tasks.filter((one) => one !== next);
      this.nowUs = Math.max(this.nowUs, next.timeUs);
      next.task();
    }
    this.nowUs = timeUs;
  }
}
