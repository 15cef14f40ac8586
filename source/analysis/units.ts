/** Figures of a report, in units of 1000. */

export function bytes(count: number): string {
  if (count < 10_000) return `${Math.round(count)} B`;
  if (count < 10_000_000) return `${(count / 1000).toFixed(1)} kB`;
  return `${(count / 1e6).toFixed(1)} MB`;
}

/** Unix milliseconds as a date and time, also where a file has them beyond what a calendar does. */
export function dateText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? 'at an impossible time' : date.toISOString();
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}
