/**
 * The wire of the original program: one frame after the other, from the sharer to the viewer, and nothing back.
 *
 *     [n: 1 byte][size: n bytes, big-endian][body: size bytes]
 *
 * The body is a zlib stream (RFC 1950) of the picture, R, G, B a pixel, rows from the top without padding. Its width and
 * height are agreed outside the wire.
 */
export const MIN_SIZE_BYTES = 1;
export const MAX_SIZE_BYTES = 4;

export const RGB_BYTES = 3;

/** A viewer of the original program waits for each frame and does nothing meanwhile: it must hear that often, in ms. */
export const KEEP_ALIVE_MS = 100;
