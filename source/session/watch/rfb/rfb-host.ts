import type { StreamInflater } from '../../../codecs/decode/inflate.js';
import type { ByteReader } from '../../../core/byte-reader.js';
import type { ServerEvent } from '../../../protocols/rfb/client-reader.js';
import type { WatchOptions } from '../../watch-options.js';
import type { ProtocolHost } from '../protocol-session.js';

/** What the rfb wire asks of whoever watches: of the options only what it speaks of to the server. */
export interface RfbHost extends Omit<ProtocolHost, 'options' | 'inflater'> {
  readonly options: Pick<WatchOptions, 'code' | 'quality' | 'level'>;
  readonly inflater: StreamInflater;
}

/** What a session of the rfb wire tells of all that is read and written, for whoever lists or exports it. */
export interface RfbTrace {
  /** To be called before the bytes are read. */
  received(chunk: Uint8Array): void;
  handshakeOver(): void;
  /** A client's message, about to be written. */
  sent(bytes: Uint8Array): void;
  /** The same, for one that what the server sends later depends on. */
  sentSetting(name: string, bytes: Uint8Array): void;
  /** The next message (`between`), or the next part of an update, is about to be read. */
  reading(between: boolean): void;
  read(event: ServerEvent): void;
  rectangleDone(): void;
}

/**
 * @param bytes what the session reads from
 * @param between whether what was read so far ends with a message
 */
export type CreateRfbTrace = (bytes: ByteReader, between: () => boolean) => RfbTrace;

/** Of a session that nobody looks at. */
export const noTrace: CreateRfbTrace = () => ({
  received() {},
  handshakeOver() {},
  sent() {},
  sentSetting() {},
  reading() {},
  read() {},
  rectangleDone() {},
});
