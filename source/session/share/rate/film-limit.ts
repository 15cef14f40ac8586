import { THIN_LINK } from '../../../transport/fence-congestion.js';

/** What a film takes at least as Cosine or JPEG, in bytes a pixel and picture, and its pictures a second. */
const LEAST_BYTES = 0.2;
const FILM_RATE = 30;
/** A link that carries less than this many times as much is the limit; one that was stays so until it carries more. */
const LIMITING = { begins: 1.6, ends: 2.4 } as const;

/** A film that was video stays so until encoding takes this many times as long as sending photographs would. */
const SLOWER = 1.5;

export interface FilmOverLink {
  /** What the link carries; null: unknown. */
  readonly bytesPerSecond: number | null;
  /** Of the film. */
  readonly pixels: number;
  /** Bytes of each pixel and picture as a photograph in full quality; null: not measured. */
  readonly perPixel: number | null;
  /** What it takes to encode a picture as video, in ms. */
  readonly encodeMs: number;
  /** Whether the link was the limit until now. */
  readonly limited: boolean;
}

/**
 * Whether a link is what limits a film that is sent as photographs, so that video is better. Where encoding takes longer
 * than sending photographs it is not: the machine is, and a busy viewer may look like a thin link.
 */
export function limitsFilm({ bytesPerSecond, pixels, perPixel, encodeMs, limited }: FilmOverLink): boolean {
  if (bytesPerSecond === null || !couldLimitFilm(bytesPerSecond, limited)) return false;
  const bytes = pixels * Math.max(perPixel ?? 0, LEAST_BYTES);
  const sendMs = (bytes * 1000) / bytesPerSecond;
  if (encodeMs > sendMs * (limited ? SLOWER : 1)) return false;
  return bytesPerSecond < bytes * FILM_RATE * (limited ? LIMITING.ends : LIMITING.begins);
}

/**
 * Whether a link could be the limit of any film: on one that is not thin, encoding always takes longer than sending.
 * @param limited whether it could until now
 */
export function couldLimitFilm(bytesPerSecond: number | null, limited: boolean): boolean {
  if (bytesPerSecond === null) return false;
  return bytesPerSecond < (limited ? (THIN_LINK * LIMITING.ends) / LIMITING.begins : THIN_LINK);
}
