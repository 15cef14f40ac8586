import type { ChildUse } from '../../capture/capture-source.js';

/** A shorter interval would measure the moment of the call, not the load. */
const MIN_CPU_MS = 200;
/** Asking for the resident memory takes a millisecond or two. */
const MIN_RSS_MS = 1000;

/** CPU time since the last call, as a share of one core, and resident memory, of this process and a child. */
export class ProcessUsage {
  readonly #child: () => ChildUse | null;
  #cpuMs = ownCpuMs();
  #childCpuMs = 0;
  #cpuAt = performance.now();
  #percent = 0;
  #rss = process.memoryUsage.rss();
  #rssAt = performance.now();

  /** @param child read at each call. A new child process starts at 0. */
  constructor(child: () => ChildUse | null = () => null) {
    this.#child = child;
  }

  cpuPercent(): number {
    const now = performance.now();
    if (now - this.#cpuAt < MIN_CPU_MS) return this.#percent;
    const cpuMs = ownCpuMs();
    const childCpuMs = this.#child()?.cpuMs ?? 0;
    const byChild = childCpuMs < this.#childCpuMs ? childCpuMs : childCpuMs - this.#childCpuMs;
    this.#percent = ((cpuMs - this.#cpuMs + byChild) / (now - this.#cpuAt)) * 100;
    this.#cpuMs = cpuMs;
    this.#childCpuMs = childCpuMs;
    this.#cpuAt = now;
    return this.#percent;
  }

  rssMb(): number {
    const now = performance.now();
    if (now - this.#rssAt >= MIN_RSS_MS) {
      this.#rss = process.memoryUsage.rss();
      this.#rssAt = now;
    }
    return (this.#rss + (this.#child()?.rssBytes ?? 0)) / 2 ** 20;
  }
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
