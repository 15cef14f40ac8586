import type { CaptureGate } from '../../analysis/bottleneck.js';
import { RollingWindow } from './rolling-window.js';

const GATES = ['screen', 'cap', 'capture', 'viewers'] as const satisfies readonly CaptureGate[];

/** The last reason for which each capture waited. The most frequent one limits the frame rate. */
export class CaptureGates {
  readonly #passed: Readonly<Record<CaptureGate, RollingWindow>> = {
    screen: new RollingWindow(),
    cap: new RollingWindow(),
    capture: new RollingWindow(),
    viewers: new RollingWindow(),
  };
  #waiting: { readonly gate: CaptureGate; readonly since: number } | null = null;

  /** The next capture waits for this. */
  waitsFor(gate: CaptureGate, now: number): void {
    if (this.#waiting?.gate !== gate) this.#waiting = { gate, since: now };
  }

  /** A capture begins. @param otherwise the reason if nothing delayed it */
  begins(otherwise: CaptureGate, now: number): void {
    this.#passed[this.#waiting?.gate ?? otherwise].add(now, 1);
    this.#waiting = null;
  }

  /** Captures in the last second. */
  captures(now: number): number {
    return GATES.reduce((sum, gate) => sum + this.#passed[gate].count(now), 0);
  }

  /** The most frequent reason in the last second; without captures, the current one. */
  gate(now: number): CaptureGate {
    const counts = GATES.map(gate => ({ gate, count: this.#passed[gate].count(now) }));
    const most = counts.reduce((best, each) => (each.count >= best.count ? each : best));
    return most.count > 0 ? most.gate : (this.#waiting?.gate ?? 'screen');
  }

  clear(): void {
    this.#waiting = null;
    for (const gate of GATES) this.#passed[gate].clear();
  }
}
