/** A shorter time says more about the moment of the call than about the load. */
const LEAST_CPU_MS = 200;
/** Asking for the resident memory takes a millisecond or two. */
const LEAST_RSS_MS = 1000;

/** What this process uses: its share of one core since the last call, and its resident memory. */
export class ProcessUsage {
  #cpu = process.cpuUsage();
  #cpuAt = performance.now();
  #percent = 0;
  #rss = process.memoryUsage.rss();
  #rssAt = performance.now();

  cpuPercent(): number {
    const now = performance.now();
    if (now - this.#cpuAt < LEAST_CPU_MS) return this.#percent;
    const used = process.cpuUsage(this.#cpu);
    this.#percent = ((used.user + used.system) / 1000 / (now - this.#cpuAt)) * 100;
    this.#cpu = process.cpuUsage();
    this.#cpuAt = now;
    return this.#percent;
  }

  rssMb(): number {
    const now = performance.now();
    if (now - this.#rssAt >= LEAST_RSS_MS) {
      this.#rss = process.memoryUsage.rss();
      this.#rssAt = now;
    }
    return this.#rss / 2 ** 20;
  }
}
