/** Figures for people, in units of 1000. */

export function bytes(count: number): string {
  if (count < 10_000) return `${Math.round(count)} B`;
  if (count < 10_000_000) return `${(count / 1000).toFixed(1)} kB`;
  return `${(count / 1e6).toFixed(1)} MB`;
}

/** Three digits of a rate: "0.12 Mbit/s", "8.31 Mbit/s", "940 Mbit/s", "58.2 Gbit/s". */
export function bitRate(bytesPerSecond: number): string {
  const mbit = (bytesPerSecond * 8) / 1e6;
  return mbit < 999.5 ? `${digits(mbit)} Mbit/s` : `${digits(mbit / 1000)} Gbit/s`;
}

function digits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

/** Unix milliseconds as a date and time, also where a file has them beyond what a calendar does. */
export function dateText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? 'at an impossible time' : date.toISOString();
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}
