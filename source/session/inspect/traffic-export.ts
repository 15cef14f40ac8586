import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { LINKTYPE, pcapngHeader, pcapngPacket } from '../../analysis/pcapng-writer.js';
import { type Endpoint, type StreamChunk, SYNTHESISED, TcpSynthesis } from '../../analysis/tcp-synthesis.js';
import { PeerglassError } from '../../core/errors.js';

/** The disk may lag behind the link by this much before packets are left out. */
const MOST_UNWRITTEN = 64 * 1024 * 1024;

/** Writes what goes over connections to a pcapng file, as synthesised TCP, where real packets cannot be captured. */
export class TrafficExport {
  readonly #file: WriteStream;
  packets = 0;
  /** Chunks left out because the disk was too slow. */
  dropped = 0;

  private constructor(file: WriteStream) {
    this.#file = file;
  }

  /**
   * @param onEnd called when the file cannot be written any more, with the reason
   * @throws PeerglassError E_EXPORT when the file cannot be written
   */
  static async open(path: string, onEnd: (why: string) => void): Promise<TrafficExport> {
    const file = createWriteStream(path, { mode: 0o600 });
    try {
      await once(file, 'open');
    } catch (error) {
      throw new PeerglassError('E_EXPORT', `${path} cannot be written: ${(error as Error).message}.`, '', {
        cause: error,
      });
    }
    // A disk that fills up later ends the export, not the session.
    file.on('error', error => {
      file.destroy();
      onEnd(error.message);
    });
    file.write(pcapngHeader({ linkType: LINKTYPE.RAW, application: 'peerglass', comment: SYNTHESISED }));
    return new TrafficExport(file);
  }

  /**
   * Starts a connection in the file.
   * @param prologue what was said before the export began, so that a stateful wire can be dissected
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
        this.packets++;
        this.#file.write(pcapngPacket(packet));
      }
    };
    write(synthesis.handshake(opener, prologue[0]?.time ?? Date.now()));
    for (const chunk of prologue) write(synthesis.data(chunk));
    return {
      chunk: chunk => {
        if (this.#file.destroyed) return;
        if (this.#file.writableLength > MOST_UNWRITTEN) {
          this.dropped++;
          synthesis.skip(chunk);
        } else write(synthesis.data(chunk));
      },
      close: () => {
        if (!this.#file.destroyed) write(synthesis.close(Date.now()));
      },
    };
  }

  /** Resolves when all is in the file, or it was told that it cannot be. */
  async finish(): Promise<void> {
    if (this.#file.destroyed) return;
    this.#file.end();
    await new Promise<void>(resolve => this.#file.once('close', () => resolve()));
  }
}

/** An IPv4 address as a dual-stack socket has it becomes one again. */
function unmapped({ address, port }: Endpoint): Endpoint {
  return { address: address.replace(/^::ffff:(?=\d+\.)/i, ''), port };
}

export interface ExportedConnection {
  chunk(chunk: StreamChunk): void;
  close(): void;
}
