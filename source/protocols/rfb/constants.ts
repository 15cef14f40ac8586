/**
 * Every number of the rfb protocol by name: RFC 6143, and the community's extensions as listed in rfbproto.rst.
 * Encodings are signed 32-bit numbers.
 */

/** The length of a version banner, "RFB 003.008\n". */
export const BANNER_LENGTH = 12;

export type RfbVersion = '3.3' | '3.7' | '3.8';

export const BANNERS: Readonly<Record<RfbVersion, string>> = {
  '3.3': 'RFB 003.003\n',
  '3.7': 'RFB 003.007\n',
  '3.8': 'RFB 003.008\n',
};

export const SECURITY_TYPE = {
  invalid: 0,
  none: 1,
  vncAuth: 2,
  ra2: 5,
  ra2ne: 6,
  tight: 16,
  veNCrypt: 19,
  appleDh: 30,
  /** peerglass's own (docs/extensions.md). */
  resume: 71,
  cpace: 80,
  ra2With256: 129,
  ra2neWith256: 130,
} as const;

/** What carries the connection in a subtype of VeNCrypt, and what the viewer shows for itself. */
export const VENCRYPT_SUBTYPE = {
  plain: 256,
  tlsNone: 257,
  tlsVnc: 258,
  tlsPlain: 259,
  x509None: 260,
  x509Vnc: 261,
  x509Plain: 262,
  /** Of our own (docs/extensions.md): "PGRT" and "PGRX". */
  tlsResume: 0x5047_5254,
  x509Resume: 0x5047_5258,
} as const;

const SECURITY_NAMES: Readonly<Record<number, string>> = {
  1: 'no password',
  2: 'VNC password',
  5: 'RSA-AES',
  6: 'RSA-AES for the login only',
  16: 'TightVNC',
  17: 'UltraVNC',
  18: 'anonymous TLS of vino',
  19: 'VeNCrypt',
  20: 'SASL',
  21: 'MD5',
  22: 'xvp',
  23: 'secure tunnel',
  24: 'integrated SSH',
  30: 'Apple, user and password',
  31: 'Apple',
  32: 'Apple',
  33: 'Apple, account',
  35: 'Apple, Kerberos',
  36: 'Apple, SRP',
  71: 'resuming a peerglass session',
  80: 'CPace of peerglass',
  113: 'Windows login (MS-Logon II)',
  129: 'RSA-AES with 256 bits',
  130: 'RSA-AES with 256 bits for the login only',
  256: 'user and password, unencrypted',
  257: 'anonymous TLS',
  258: 'anonymous TLS, VNC password',
  259: 'anonymous TLS, user and password',
  260: 'TLS',
  261: 'TLS, VNC password',
  262: 'TLS, user and password',
  263: 'anonymous TLS, SASL',
  264: 'TLS, SASL',
};

/** A security type, or a subtype of VeNCrypt, in words: "30 (Apple, user and password)". */
export function securityName(number: number): string {
  const name = SECURITY_NAMES[number];
  return name === undefined ? `${number}` : `${number} (${name})`;
}

export const SECURITY_RESULT = { ok: 0, failed: 1 } as const;

export const CLIENT_MESSAGE = {
  setPixelFormat: 0,
  setEncodings: 2,
  framebufferUpdateRequest: 3,
  keyEvent: 4,
  pointerEvent: 5,
  clientCutText: 6,
  enableContinuousUpdates: 150,
  clientFence: 248,
  xvp: 250,
  setDesktopSize: 251,
  gii: 253,
  qemu: 255,
} as const;

export const QEMU_CLIENT_MESSAGE = { extendedKeyEvent: 0, audio: 1 } as const;
export const QEMU_AUDIO_OPERATION = { enable: 0, disable: 1, setFormat: 2 } as const;

export const SERVER_MESSAGE = {
  framebufferUpdate: 0,
  setColourMapEntries: 1,
  bell: 2,
  serverCutText: 3,
  endOfContinuousUpdates: 150,
  serverFence: 248,
  xvp: 250,
  qemu: 255,
} as const;

/** Of a server's QEMU message: its submessage type, and the operation that carries audio data. */
export const QEMU_AUDIO = { kind: 1, data: 2 } as const;

export const FENCE = {
  blockBefore: 1,
  blockAfter: 2,
  syncNext: 4,
  /** Set in a request, clear in the reply. */
  request: 0x8000_0000,
  /** The longest payload in bytes. */
  maxPayload: 64,
} as const;

export const ENCODING = {
  raw: 0,
  copyRect: 1,
  rre: 2,
  coRre: 4,
  hextile: 5,
  zlib: 6,
  tight: 7,
  trle: 15,
  zrle: 16,
  jpeg: 21,
  h264: 50,
  tightPng: -260,
} as const;

export const PSEUDO_ENCODING = {
  desktopSize: -223,
  lastRect: -224,
  pointerPos: -225,
  /** PointerPos under the number used by TightVNC and libvncserver. */
  tightPointerPos: -232,
  cursor: -239,
  xCursor: -240,
  qemuPointerMotionChange: -257,
  qemuExtendedKeyEvent: -258,
  qemuAudio: -259,
  qemuLedState: -261,
  gii: -305,
  desktopName: -307,
  extendedDesktopSize: -308,
  xvp: -309,
  fence: -312,
  continuousUpdates: -313,
  cursorWithAlpha: -314,
  extendedMouseButtons: -316,
  tightWithoutZlib: -317,
  /** libvncserver's. */
  keyboardLedState: 0xfffe_0000 | 0,
  supportedMessages: 0xfffe_0001 | 0,
  supportedEncodings: 0xfffe_0002 | 0,
  serverIdentity: 0xfffe_0003 | 0,
  /** VMware's: "WMVh". */
  vmwareLedState: 0x574d_5668,
  /** 0xC0A1E5CE as a signed number. */
  extendedClipboard: 0xc0a1_e5ce | 0,
  /** peerglass's own (docs/cosine.md): "PGCS" with the highest bit set. */
  cosine: 0xd047_4353 | 0,
  /** peerglass's own (docs/echo.md): "PGEC" with the highest bit set. */
  echo: 0xd047_4543 | 0,
  /** peerglass's own (docs/extensions.md): "PGST" with the highest bit set. */
  shareStatus: 0xd047_5354 | 0,
  /** peerglass's own (docs/extensions.md): "PGVM" with the highest bit set. */
  videoMask: 0xd047_564d | 0,
} as const;

/** Of an H.264 rectangle (50): U32 length of the access unit, U32 flags, the access unit in Annex B. */
export const H264 = {
  headerLength: 8,
  /** The decoder of this rectangle starts anew; those of all rectangles are dropped. */
  resetContext: 1,
  resetAllContexts: 2,
  /** Decoders that a viewer keeps, one for each rectangle. */
  maxContexts: 64,
} as const;

/** A client requests levels and qualities by ranges of pseudo-encodings: number = base + value. */
export const LEVEL_ENCODINGS = {
  /** -32 (quality 0) to -23 (quality 9). */
  quality: { base: -32, least: 0, most: 9 },
  /** -256 (compression 0) to -247 (compression 9). */
  compression: { base: -256, least: 0, most: 9 },
  /** -512 (quality 0) to -412 (quality 100). */
  fineQuality: { base: -512, least: 0, most: 100 },
  /** Of peerglass (docs/extensions.md), 0xd0480001 to 0xd048ffff: what the client wants to be sent at most. */
  maxRate: { base: 0xd048_0000 | 0, least: 1, most: 0xffff },
} as const;

/** In bytes a second: a `maxRate` is a multiple of 10 kbit/s. */
export const MAX_RATE_UNIT = 1250;

/** JPEG chroma subsampling requested by a client; the names say how many pixels share one chroma sample. */
export const SUBSAMPLING_ENCODING = {
  '1x': -768,
  '4x': -767,
  '2x': -766,
  grey: -765,
  '8x': -764,
  '16x': -763,
} as const;

/** As the number of rectangles in a FramebufferUpdate: unknown, a LastRect rectangle ends the update. */
export const UNKNOWN_RECTANGLES = 0xffff;

/** ZRLE's subencodings of a 64x64 tile. TRLE has the same for 16x16 tiles, and two more. */
export const ZRLE = {
  raw: 0,
  solid: 1,
  /** 2 to 16: a packed palette of that many colours. */
  maxPacked: 16,
  plainRle: 128,
  /** 130 to 255: palette RLE of (subencoding - 128) colours. */
  minPaletteRle: 130,
  tile: 64,
  maxPaletteRle: 127,
} as const;

/** Tight's control byte and limits. */
export const TIGHT = {
  /** High nibble of the control byte. */
  fill: 0x80,
  jpeg: 0x90,
  png: 0xa0,
  /** Basic compression without zlib; only for a client that listed `tightWithoutZlib`. */
  basicWithoutZlib: 0xa0,
  /** Set in the high nibble of basic compression when a filter byte follows. */
  explicitFilter: 0x40,
  /** Bit position of the stream number (0-3) in the control byte of basic compression. */
  streamShift: 4,
  streams: 4,
  filter: { copy: 0, palette: 1, gradient: 2 },
  /** Filtered data shorter than this are sent uncompressed and without a length. */
  minToCompress: 12,
  maxLength: 4_194_303,
  maxWidth: 2048,
  maxPalette: 256,
} as const;

/** Reasons (x of the rectangle) and results (y) of an ExtendedDesktopSize rectangle. */
export const DESKTOP_SIZE_REASON = { server: 0, thisClient: 1, otherClient: 2 } as const;
export const DESKTOP_SIZE_RESULT = { ok: 0, prohibited: 1, outOfResources: 2, invalidLayout: 3, forwarded: 4 } as const;

/** Limits on what a peer may announce or send. */
export const RFB_LIMITS = {
  /** Pixels of each side of the framebuffer. */
  side: 16_384,
  /** Pixels of each side of a cursor. */
  cursorSide: 1024,
  /** Bytes of a viewer's clipboard text, which is discarded. */
  cutText: 16 * 1024 * 1024,
  /** Bytes of a name that are kept, and its maximum length: the rest is discarded. */
  nameLength: 4096,
  nameRead: 16 * 1024 * 1024,
  reasonLength: 4096,
  /** Encodings of a SetEncodings that are kept; the protocol allows 65,535, the rest is discarded. */
  encodings: 1024,
  screens: 255,
  colourMapEntries: 256,
} as const;
