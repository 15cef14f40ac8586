import { once } from 'node:events';
import fs, { createWriteStream, statSync, truncateSync, type WriteStream } from 'node:fs';
import { LINKTYPE, pcapngHeader, pcapngPacket } from '../../analysis/pcapng-writer.js';
import { type Endpoint, type StreamChunk, SYNTHESISED, TcpSynthesis } from '../../analysis/tcp-synthesis.js';
import { PeerglassError } from '../../core/errors.js';
import { fileText } from '../../core/plain-text.js';
import { unixTime } from '../../node/clock.js';
import { IN_PLACE, whyUnwritten } from '../../node/whole-file.js';

/** The disk may lag behind the link by this much before packets are left out. */
const MAX_UNWRITTEN = 64 * 1024 * 1024;

/** A FIFO's reader has this long for what is left at the end. */
const READER_MS = 2000;
/** A FIFO that is full is tried again after this time. */
const FULL_MS = 10;

type Written = (error: NodeJS.ErrnoException | null, written: number, bytes: Uint8Array) => void;

/** Writes into a FIFO. Its reader may be slow; a write that waited in the system would keep the program from ending. */
function writePatiently(
  ...[descriptor, bytes, offset, length, position, done]: [number, Uint8Array, number, number, number | null, Written]
): void {
  fs.write(descriptor, bytes, offset, length, position, (error, written) => {
    if (error?.code !== 'EAGAIN') return done(error, written, bytes);
    setTimeout(() => writePatiently(descriptor, bytes, offset, length, position, done), FULL_MS);
  });
}

type Opened = (error: NodeJS.ErrnoException | null, descriptor: number) => void;

const PATIENT = {
  open: (path: string, _flags: string, mode: number, done: Opened) => fs.open(path, IN_PLACE.replace, mode, done),
  write: writePatiently,
  close: fs.close,
} as unknown as typeof fs;

/** Writes connections to a pcapng file as synthesised TCP, for machines that cannot capture packets. */
export class TrafficExport {
  readonly #file: WriteStream;
  readonly #isFifo: boolean;
  /** Packets written to the disk. */
  packets = 0;
  #handedBytes = 0;
  /** Bytes of the file, up to the end of its last complete packet. */
  #wholeBytes = 0;
  /** Chunks left out because the disk was too slow. */
  dropped = 0;

  private constructor(file: WriteStream, onEnd: (why: string) => void, isFifo: boolean) {
    this.#file = file;
    this.#isFifo = isFifo;
    // A full disk ends the export, not the session. The file keeps only complete packets.
    file.on('error', error => {
      file.destroy();
      try {
        truncateSync(file.path, this.#wholeBytes);
      } catch {
        // Truncating failed too, or is impossible (a pipe). Readers see where the file breaks off.
      }
      onEnd(`The file cannot be written: ${whyUnwritten(error)}.`);
    });
    this.#write(pcapngHeader({ linkType: LINKTYPE.RAW, application: 'peerglass', comment: SYNTHESISED }), () => {});
  }

  /**
   * @param onEnd called when the file cannot be written any more, with the reason
   * @param system for tests
   * @throws PeerglassError E_EXPORT when the file cannot be written
   */
  static async open(path: string, onEnd: (why: string) => void, system?: typeof fs): Promise<TrafficExport> {
    const isFifo = statSync(path, { throwIfNoEntry: false })?.isFIFO() ?? false;
    const calls = system ?? (isFifo ? PATIENT : null);
    const file = createWriteStream(path, { mode: IN_PLACE.mode, fs: calls });
    try {
      await once(file, 'open');
    } catch (error) {
      throw unwrittenExport(path, error);
    }
    return new TrafficExport(file, onEnd, isFifo);
  }

  /**
   * Starts a connection in the file.
   * @param prologue the handshake before the export began, which a dissector needs
   */
  connection(
    local: Endpoint,
    remote: Endpoint,
    opener: 'local' | 'remote',
    prologue: readonly StreamChunk[],
  ): ExportedConnection {
    const synthesis = new TcpSynthesis(unmapped(local), unmapped(remote));
    const write = (packets: Iterable<Parameters<typeof pcapngPacket>[0]>) => {
      for (const packet of packets) {
        this.#write(pcapngPacket(packet), () => this.packets++);
      }
    };
    write(synthesis.handshake(opener, prologue[0]?.time ?? unixTime()));
    for (const chunk of prologue) write(synthesis.data(chunk));
    return {
      chunk: chunk => {
        if (this.#file.destroyed) return;
        if (this.#file.writableLength > MAX_UNWRITTEN) {
          this.dropped++;
          synthesis.skip(chunk);
        } else write(synthesis.data(chunk));
      },
      close: () => {
        if (!this.#file.destroyed) write(synthesis.close(unixTime()));
      },
    };
  }

  #write(bytes: Uint8Array, written: () => void): void {
    this.#handedBytes += bytes.length;
    const end = this.#handedBytes;
    this.#file.write(bytes, error => {
      if (error) return;
      this.#wholeBytes = end;
      written();
    });
  }

  /** Resolves when everything is in the file, or `onEnd` was called. */
  async finish(): Promise<void> {
    if (this.#file.destroyed) return;
    this.#file.end();
    await new Promise<void>(resolve => {
      const timer = this.#isFifo ? setTimeout(resolve, READER_MS) : undefined;
      this.#file.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** Turns an IPv4-mapped IPv6 address of a dual-stack socket back into IPv4. */
function unmapped({ address, port }: Endpoint): Endpoint {
  return { address: address.replace(/^::ffff:(?=\d+\.)/i, ''), port };
}

export interface ExportedConnection {
  chunk(chunk: StreamChunk): void;
  close(): void;
}

export function unwrittenExport(file: string, cause: unknown): PeerglassError {
  const message = `${fileText(file)} cannot be written: ${whyUnwritten(cause)}.`;
  return new PeerglassError('E_EXPORT', message, 'Choose another file.', { cause });
}
