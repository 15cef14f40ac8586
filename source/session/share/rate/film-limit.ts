import { THIN_LINK } from '../../../transport/fence-congestion.js';

/** What a film takes at least as Cosine or JPEG, in bytes a pixel and picture, and its pictures a second. */
const LEAST_BYTES = 0.2;
const FILM_RATE = 30;
/** A link that carries less than this many times as much is the limit; one that was stays so until it carries more. */
const LIMITING = { begins: 1.6, ends: 2.4 } as const;

/**
 * Whether a link is what limits a film that is sent as photographs, so that video is better. On a link that is not thin,
 * which a busy viewer's may look like, encoding a picture as video takes longer than sending it as photographs.
 * @param bytesPerSecond that the link carries; null: unknown
 * @param pixels of the film
 * @param perPixel bytes of each pixel and picture in full quality; null: not measured
 * @param limited whether it was the limit until now
 */
export function limitsFilm(
  bytesPerSecond: number | null,
  pixels: number,
  perPixel: number | null,
  limited: boolean,
): boolean {
  if (bytesPerSecond === null) return false;
  const factor = limited ? LIMITING.ends : LIMITING.begins;
  const needed = pixels * Math.max(perPixel ?? 0, LEAST_BYTES) * FILM_RATE * factor;
  return bytesPerSecond < needed && couldLimitFilm(bytesPerSecond, limited);
}

/**
 * Whether it could be the limit of any film.
 * @param limited whether it could until now
 */
export function couldLimitFilm(bytesPerSecond: number | null, limited: boolean): boolean {
  if (bytesPerSecond === null) return false;
  return bytesPerSecond < (limited ? (THIN_LINK * LIMITING.ends) / LIMITING.begins : THIN_LINK);
}
