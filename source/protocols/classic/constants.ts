/**
 * The protocol of the original program: a stream of frames from the sharer to the viewer, and nothing in the other
 * direction.
 *
 *     [n: 1 byte][size: n bytes, big-endian][body: size bytes]
 *
 * The body is a zlib stream (RFC 1950) of the picture: R, G, B per pixel, rows from the top, no padding. Width and
 * height are not on the wire: both ends must use the same size.
 */
export const MIN_SIZE_BYTES = 1;
export const MAX_SIZE_BYTES = 4;

export const RGB_BYTES = 3;

/**
 * The original viewer blocks until the next frame and does nothing else meanwhile, so it must get one at least this
 * often, in ms.
 */
export const KEEP_ALIVE_MS = 100;
