/** Three digits of a rate: "0.12 Mbit/s", "8.31 Mbit/s", "940 Mbit/s", "58.2 Gbit/s". */
export function bitRate(bytesPerSecond: number): string {
  const mbit = (bytesPerSecond * 8) / 1e6;
  return mbit < 999.5 ? `${digits(mbit)} Mbit/s` : `${digits(mbit / 1000)} Gbit/s`;
}

function digits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

/** Bytes in a megabit. */
export const BYTES_PER_MBIT = 125_000;

/** Megabits of bytes; null stays null. */
export function mbitOf(bytes: number | null): number | null {
  return bytes === null ? null : bytes / BYTES_PER_MBIT;
}
