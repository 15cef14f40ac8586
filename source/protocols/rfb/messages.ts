import type { PixelFormat } from '../../core/pixel-format.js';
import type { Rectangle, Size } from '../../core/rectangle.js';

/** A screen of an ExtendedDesktopSize layout. */
export interface DesktopScreen extends Rectangle {
  readonly id: number;
  readonly flags: number;
}

/** A message from the viewer after the handshake (RFC 6143, 7.5, and rfbproto.rst). */
export type ClientMessage =
  | { readonly type: 'set-pixel-format'; readonly format: PixelFormat }
  | { readonly type: 'set-encodings'; readonly encodings: readonly number[] }
  | { readonly type: 'update-request'; readonly incremental: boolean; readonly area: Rectangle }
  | { readonly type: 'key'; readonly down: boolean; readonly keysym: number }
  | { readonly type: 'pointer'; readonly buttons: number; readonly x: number; readonly y: number }
  /** Cut text, plain or extended. Its `length` bytes were discarded, since peerglass only mirrors. */
  | { readonly type: 'cut-text'; readonly extended: boolean; readonly length: number }
  | { readonly type: 'continuous-updates'; readonly enable: boolean; readonly area: Rectangle }
  | { readonly type: 'fence'; readonly flags: number; readonly payload: Uint8Array }
  | { readonly type: 'set-desktop-size'; readonly size: Size; readonly screens: readonly DesktopScreen[] }
  /** A discarded message of an extension (QEMU keys and audio, xvp, gii). */
  | { readonly type: 'ignored'; readonly message: number };

/** A message from the server after the handshake, without rectangles: those follow an `update` one by one. */
export type ServerMessage =
  /** `rectangles` is UNKNOWN_RECTANGLES when a LastRect will end them. */
  | { readonly type: 'update'; readonly rectangles: number }
  | {
      readonly type: 'colour-map';
      readonly first: number;
      /** Red, green, blue of each entry, 16 bits a channel. */
      readonly colours: Uint16Array;
    }
  | { readonly type: 'bell' }
  | { readonly type: 'cut-text'; readonly extended: boolean; readonly length: number }
  | { readonly type: 'end-of-continuous-updates' }
  | { readonly type: 'fence'; readonly flags: number; readonly payload: Uint8Array }
  /** A discarded message of an extension (xvp, QEMU audio). */
  | { readonly type: 'ignored'; readonly message: number };

/** The header of a rectangle in an update. For pseudo-encodings x, y, width and height have meanings of their own. */
export interface RectangleHeader extends Rectangle {
  readonly encoding: number;
}

/** The server's ServerInit (RFC 6143, 7.3.2). */
export interface ServerInit extends Size {
  readonly format: PixelFormat;
  readonly name: string;
}

/** A ServerInit as the viewer reads it: the format is null if the announced one is invalid. */
export type AnnouncedServer = Omit<ServerInit, 'format'> & { readonly format: PixelFormat | null };
