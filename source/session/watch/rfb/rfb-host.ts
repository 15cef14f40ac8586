import type { StreamInflater } from '../../../codecs/decode/inflate.js';
import type { ByteReader } from '../../../core/byte-reader.js';
import type { ServerEvent } from '../../../protocols/rfb/client-reader.js';
import type { WatchOptions } from '../../watch-options.js';
import type { PictureUpdate, ProtocolHost } from '../protocol-session.js';

/** What an rfb session needs from the watcher; of the options only those that it sends to the server. */
export interface RfbHost extends Omit<ProtocolHost, 'options' | 'inflater' | 'present'> {
  readonly options: Pick<WatchOptions, 'code' | 'quality' | 'level' | 'maxRate'>;
  readonly inflater: StreamInflater;
  /** Shows an update, at once or until the promise resolves: nothing more is decoded, and no fence answered, before. */
  present(update: PictureUpdate): void | Promise<void>;
}

/** Receives everything that an rfb session reads and writes, to list or export it. */
export interface RfbTrace {
  /** Call before the bytes are read. */
  received(chunk: Uint8Array): void;
  handshakeOver(): void;
  /** A client's message, about to be written. */
  sent(bytes: Uint8Array): void;
  /** The same for a message that sets state, such as the pixel format. */
  sentSetting(name: string, bytes: Uint8Array): void;
  /** The next message (`between`), or the next part of an update, is about to be read. */
  reading(between: boolean): void;
  read(event: ServerEvent): void;
  rectangleDone(): void;
}

/**
 * @param bytes the session's reader
 * @param between whether the bytes read so far end with a message
 */
export type CreateRfbTrace = (bytes: ByteReader, between: () => boolean) => RfbTrace;

/** For a session that nobody inspects. */
export const noTrace: CreateRfbTrace = () => ({
  received() {},
  handshakeOver() {},
  sent() {},
  sentSetting() {},
  reading() {},
  read() {},
  rectangleDone() {},
});
