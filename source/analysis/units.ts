/** Figures of a report, in units of 1000. */

export function bytes(count: number): string {
  if (count < 10_000) return `${Math.round(count)} B`;
  if (count < 10_000_000) return `${(count / 1000).toFixed(1)} kB`;
  return `${(count / 1e6).toFixed(1)} MB`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}
