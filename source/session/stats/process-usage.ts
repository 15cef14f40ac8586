/** What this process uses: its share of one core since the last call, and its resident memory. */
export class ProcessUsage {
  #cpu = process.cpuUsage();
  #at = performance.now();
  #percent = 0;

  cpuPercent(): number {
    const now = performance.now();
    // A shorter time says more about the moment of the call than about the load.
    if (now - this.#at < 200) return this.#percent;
    const used = process.cpuUsage(this.#cpu);
    this.#percent = ((used.user + used.system) / 1000 / (now - this.#at)) * 100;
    this.#cpu = process.cpuUsage();
    this.#at = now;
    return this.#percent;
  }

  rssMb(): number {
    return process.memoryUsage.rss() / 2 ** 20;
  }
}
