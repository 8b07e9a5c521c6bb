/**
 * A timeout that is pushed back far more often than it fires: waiting for the next packet, for the next notification.
 * Moving it later is one store; the host's timer is only set anew when it fires early or must fire sooner.
 */
import type { Effects, Timer } from "./effects.ts";

export class Deadline {
  private readonly effects: Effects;
  private readonly timer: Timer;
  private atUs = Number.POSITIVE_INFINITY;
  private armedUs = Number.POSITIVE_INFINITY;

  constructor(effects: Effects, timer: Timer) {
    this.effects = effects;
    this.timer = timer;
  }

  /** Due at `atUs`. */
  set(nowUs: number, atUs: number): void {
    this.atUs = atUs;
    if (atUs < this.armedUs) this.arm(nowUs);
  }

  clear(): void {
    this.atUs = Number.POSITIVE_INFINITY;
  }

  /** To be called when the timer fires; true if the deadline has come. */
  fired(nowUs: number): boolean {
    this.armedUs = Number.POSITIVE_INFINITY;
    if (this.atUs === Number.POSITIVE_INFINITY) return false;
    if (nowUs < this.atUs) {
      this.arm(nowUs);
      return false;
    }
    this.atUs = Number.POSITIVE_INFINITY;
    return true;
  }

  private arm(nowUs: number): void {
    this.armedUs = this.atUs;
    this.effects.setTimer(this.timer, this.atUs - nowUs);
  }
}
