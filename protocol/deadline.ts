/**
 * A timeout that is extended far more often than it expires, such as the wait for the next packet or notification.
 * Extending the timeout only stores a number. The host's timer is set again only if it fires before the timeout has
 * expired, or if the timeout must expire before the timer fires.
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

  /** Makes the deadline expire at `atUs`. */
  set(nowUs: number, atUs: number): void {
    this.atUs = atUs;
    if (atUs < this.armedUs) this.arm(nowUs);
  }

  clear(): void {
    this.atUs = Number.POSITIVE_INFINITY;
  }

  /**
   * Handles the firing of the timer. Returns whether the deadline has expired. If it expires later, sets the timer
   * again.
   */
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
