import { Agent, type ClientRequest, get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps, Agent as TlsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { PeerglassError } from '../core/errors.js';
import { plainText } from '../core/plain-text.js';
import { readTcpInfo, type TcpInfo } from '../native/tcp-info.js';
import { explain } from './connect.js';

/** A viewer has three downloads at a time at most, and a sharer takes four of an address. */
const MOST_SOCKETS = 4;
const MOST_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Gets resources from one server, over connections that are used again. */
export class HttpClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MOST_SOCKETS });
  readonly #tlsAgent = new TlsAgent({ keepAlive: true, maxSockets: MOST_SOCKETS });
  #socket: Socket | null = null;
  #received = 0;

  /** Payload received since the beginning. */
  get receivedBytes(): number {
    return this.#received;
  }

  /** TCP_INFO of the connection that answered last. */
  tcpInfo(): TcpInfo | null {
    return this.#socket && !this.#socket.destroyed ? readTcpInfo(this.#socket) : null;
  }

  /** @param url http or https */
  get(url: string): HttpDownload {
    const parts = {
      request: (place: URL) => this.#request(place),
      received: (bytes: number) => {
        this.#received += bytes;
      },
      answered: (socket: Socket) => {
        this.#socket = socket;
      },
    };
    return new HttpDownload(new URL(url), parts);
  }

  close(): void {
    this.#agent.destroy();
    this.#tlsAgent.destroy();
  }

  #request(place: URL): ClientRequest {
    const headers = { 'accept-encoding': 'identity' };
    return place.protocol === 'https:'
      ? getHttps(place, { agent: this.#tlsAgent, headers })
      : getHttp(place, { agent: this.#agent, headers });
  }
}

interface DownloadParts {
  request(place: URL): ClientRequest;
  received(bytes: number): void;
  answered(socket: Socket): void;
}

/** One response. Nothing is read ahead beyond what Node and the system buffer. */
export class HttpDownload {
  readonly #parts: DownloadParts;
  #place: URL;
  #redirects = 0;
  #request: ClientRequest | null = null;
  #response: IncomingMessage | null = null;
  #failure: PeerglassError | null = null;
  #ended = false;
  #wake: () => void = () => {};

  constructor(place: URL, parts: DownloadParts) {
    this.#place = place;
    this.#parts = parts;
    this.#ask();
  }

  /** @throws PeerglassError as `connect`, and E_TLS, E_PEER_CLOSED */
  async head(): Promise<number> {
    while (!this.#response) {
      if (this.#failure) throw this.#failure;
      await this.#change();
    }
    return this.#response.statusCode ?? 0;
  }

  /** The next bytes; null at the end. @throws PeerglassError */
  async read(): Promise<Uint8Array | null> {
    await this.head();
    for (;;) {
      const chunk = this.#response?.read() as Buffer | null;
      if (chunk) {
        this.#parts.received(chunk.length);
        return chunk;
      }
      if (this.#failure) throw this.#failure;
      if (this.#ended) return null;
      await this.#change();
    }
  }

  cancel(): void {
    this.#fail(new PeerglassError('E_PEER_CLOSED', 'The download was cancelled.'));
    this.#request?.destroy();
  }

  #ask(): void {
    const request = this.#parts.request(this.#place);
    this.#request = request;
    request.on('response', response => this.#answered(response));
    request.on('error', error => {
      if (this.#failure || this.#ended || request !== this.#request) return;
      // The server closed a connection that was kept, just as it was used again.
      if (request.reusedSocket && !this.#response && 'code' in error && error.code === 'ECONNRESET') this.#ask();
      else this.#fail(this.#response ? this.#brokenOff(error) : failedAt(this.#place, error));
    });
  }

  #answered(response: IncomingMessage): void {
    const { statusCode = 0, headers } = response;
    if (REDIRECTS.has(statusCode) && headers.location !== undefined && this.#redirects < MOST_REDIRECTS) {
      response.resume();
      this.#redirect(headers.location);
      return;
    }
    this.#response = response;
    this.#parts.answered(response.socket);
    response.on('readable', () => this.#wake());
    response.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
    response.on('error', error => this.#fail(this.#brokenOff(error)));
    response.on('close', () => {
      if (!this.#ended) this.#fail(this.#brokenOff(null));
    });
    this.#wake();
  }

  #redirect(location: string): void {
    const before = this.#place;
    this.#redirects++;
    const place = URL.canParse(location, before.href) ? new URL(location, before) : null;
    const allowed = place?.protocol === 'https:' || (place?.protocol === 'http:' && before.protocol === 'http:');
    if (!place || !allowed) {
      const message = `${hostOf(before)} sends this viewer on to a place that is no web address, or not encrypted.`;
      this.#fail(new PeerglassError('E_PEER_REFUSED', message, 'Check the link.'));
      return;
    }
    this.#place = place;
    this.#ask();
  }

  #brokenOff(cause: unknown): PeerglassError {
    const message = `The connection to ${hostOf(this.#place)} broke off.`;
    const remedy = 'The sharer or the cache ended, or the network failed.';
    return new PeerglassError('E_PEER_CLOSED', message, remedy, { cause });
  }

  #fail(error: PeerglassError): void {
    if (this.#ended) return;
    this.#failure ??= error;
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve;
    });
  }
}

function hostOf({ host }: URL): string {
  return plainText(host);
}

/** Names of what Node says of a certificate or a handshake. */
const TLS_FAILURE = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO$|HOSTNAME_MISMATCH)/;

function failedAt(place: URL, error: Error): PeerglassError {
  const code = 'code' in error ? String(error.code) : '';
  if (TLS_FAILURE.test(code)) {
    const message = `${hostOf(place)} cannot be reached over https: ${plainText(error.message, 200)}.`;
    const remedy =
      "Check the link and this machine's clock. Node trusts another authority by NODE_EXTRA_CA_CERTS=FILE.pem.";
    return new PeerglassError('E_TLS', message, remedy, { cause: error });
  }
  const port = Number(place.port) || (place.protocol === 'https:' ? 443 : 80);
  const { code: kind, message } = explain({ host: place.hostname.replace(/^\[|\]$/g, ''), port }, [port], error);
  const remedy =
    'Check the link and the network. If both are right, ask the sharer whether the broadcast is still running.';
  return new PeerglassError(kind, message, remedy, { cause: error });
}
