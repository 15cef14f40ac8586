import { PeerglassError } from '../core/errors.js';
import type { Download } from '../session/watch/broadcast/download.js';

const REMEDY = 'Check the network. If it is up, ask the sharer whether the broadcast is still running.';

/** A resource that a page downloads. The browser keeps nothing of it: that is what the caches on the way are for. */
export class FetchDownload implements Download {
  readonly #abort = new AbortController();
  readonly #response: Promise<Response>;
  readonly #received: (bytes: number) => void;
  #reader: ReadableStreamDefaultReader<Uint8Array> | null = null;

  /** @param received told how many bytes came */
  constructor(url: string, received: (bytes: number) => void) {
    this.#received = received;
    this.#response = fetch(url, { cache: 'no-store', credentials: 'omit', signal: this.#abort.signal });
    // Whoever asks is told.
    this.#response.catch(() => {});
  }

  async head(): Promise<number> {
    try {
      return (await this.#response).status;
    } catch (cause) {
      throw new PeerglassError('E_CONNECT', 'The server does not answer.', REMEDY, { cause });
    }
  }

  async read(): Promise<Uint8Array | null> {
    await this.head();
    try {
      this.#reader ??= (await this.#response).body?.getReader() ?? null;
      const { done, value } = (await this.#reader?.read()) ?? { done: true, value: undefined };
      if (done || !value) return null;
      this.#received(value.length);
      return value;
    } catch (cause) {
      throw new PeerglassError('E_PEER_CLOSED', 'The connection broke.', REMEDY, { cause });
    }
  }

  cancel(): void {
    this.#abort.abort();
  }
}
