import { bytesText } from '../core/bytes-text.js';

/**
 * Figures for a dashboard: each keeps its width while its value moves, so that nothing jitters. Widths are named where
 * a column needs them.
 */

/** A rate with one decimal below 100, e.g. " 54.2", "123": five columns. */
export function rate(value: number): string {
  const text = value < 99.95 ? value.toFixed(1) : value < 99_999 ? value.toFixed(0) : '>99k';
  return text.padStart(5);
}

/** Without padding, for labels and sentences. */
export function rateText(value: number): string {
  return rate(value).trim();
}

/** Bytes in seven columns: "    0 B", "28.4 kB". */
export function bytes(value: number): string {
  return bytesText(value).padStart(7);
}

/** Milliseconds: "0.82", "21.4", "312"; four columns. */
export function ms(value: number): string {
  const text = value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0);
  return text.padStart(4);
}

/** A round trip or a latency with its unit, or a dash where it is not known; seven columns. */
export function milliseconds(value: number | null): string {
  return (value === null ? '-' : `${ms(value).trim()} ms`).padStart(7);
}

/** A round trip is measured only while something is sent: from here on it says little of the link now. */
const OLD_MS = 5000;

export function isOld(ageMs: number): boolean {
  return ageMs > OLD_MS;
}

/** A round trip in seven columns; in brackets when it is old: "12.4 ms", "(12ms)", "-". */
export function roundTrip(value: number | null, ageMs: number | null): string {
  if (value === null || ageMs === null || !isOld(ageMs)) return milliseconds(value);
  return `(${value < 9.95 ? value.toFixed(1) : value.toFixed(0)}ms)`.padStart(7);
}

/** How long ago, as a label says it: "40 s", "12 min", "3 h". */
export function ageText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 100) return `${seconds} s`;
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** Raw bytes for each byte sent: "110:1", "1.0:1"; seven columns. */
export function ratio(value: number): string {
  if (value <= 0) return '-'.padStart(7);
  const text = value < 99.95 ? value.toFixed(1) : value < 9999.5 ? value.toFixed(0) : '>9999';
  return `${text}:1`.padStart(7);
}

/** "1 frame", "12,345 frames". */
export function framesText(frames: number): string {
  return `${countText(frames)} ${frames === 1 ? 'frame' : 'frames'}`;
}

/** A count with its thousands apart, shortened above ten million: "12,345", "23.4M"; ten columns. */
export function countText(value: number): string {
  if (value >= 1e10) return `${(value / 1e9).toFixed(1)}G`;
  if (value >= 1e7) return `${(value / 1e6).toFixed(1)}M`;
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** How long, in seconds: "00:42", "12:07", "3:07:12". */
export function elapsed(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number): string => value.toString().padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${two(minutes)}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** The load of a session, and its age: "CPU 42 %, 4 threads  00:42". */
export function loadText({ cpuPercent, threads }: { cpuPercent: number; threads: number }, ageMs: number): string {
  const used = threads === 1 ? '1 thread' : `${threads} threads`;
  return `CPU ${percent(cpuPercent).trim()}, ${used}  ${elapsed(ageMs)}`;
}

/** The local time of day, "14:03:27". */
export function timeOfDay(unixMs: number): string {
  const date = new Date(unixMs);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map(part => part.toString().padStart(2, '0'))
    .join(':');
}

/** In local time, "2026-01-31 23:59:59". */
export function dateAndTime(unixMs: number): string {
  const date = new Date(unixMs);
  const part = (value: number): string => `${value}`.padStart(2, '0');
  return `${date.getFullYear()}-${part(date.getMonth() + 1)}-${part(date.getDate())} ${timeOfDay(unixMs)}`;
}

export function percent(value: number): string {
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)} %`.padStart(6);
}

/** In place of what protects a connection. */
export const NOT_ENCRYPTED = 'not encrypted';
