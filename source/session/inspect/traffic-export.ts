import { once } from 'node:events';
import type fs from 'node:fs';
import { createWriteStream, truncateSync, type WriteStream } from 'node:fs';
import { LINKTYPE, pcapngHeader, pcapngPacket } from '../../analysis/pcapng-writer.js';
import { type Endpoint, type StreamChunk, SYNTHESISED, TcpSynthesis } from '../../analysis/tcp-synthesis.js';
import { PeerglassError } from '../../core/errors.js';
import { fileText } from '../../core/plain-text.js';
import { unixTime } from '../../node/clock.js';
import { whyUnwritten } from '../../node/whole-file.js';

/** The disk may lag behind the link by this much before packets are left out. */
const MAX_UNWRITTEN = 64 * 1024 * 1024;

/** Writes connections to a pcapng file as synthesised TCP, for machines that cannot capture packets. */
export class TrafficExport {
  readonly #file: WriteStream;
  /** Packets written to the disk. */
  packets = 0;
  #handedBytes = 0;
  /** Bytes of the file, up to the end of its last complete packet. */
  #wholeBytes = 0;
  /** Chunks left out because the disk was too slow. */
  dropped = 0;

  private constructor(file: WriteStream, onEnd: (why: string) => void) {
    this.#file = file;
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
    const file = createWriteStream(path, { mode: 0o600, ...(system ? { fs: system } : {}) });
    try {
      await once(file, 'open');
    } catch (error) {
      throw unwrittenExport(path, error);
    }
    return new TrafficExport(file, onEnd);
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
    await new Promise<void>(resolve => this.#file.once('close', () => resolve()));
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
