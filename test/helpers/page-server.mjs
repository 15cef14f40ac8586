import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { WebSocketServer } from 'ws';

const ROOT = path.resolve(import.meta.dirname, '../..');
const TYPES = {
  html: 'text/html',
  css: 'text/css',
  js: 'text/javascript',
  svg: 'image/svg+xml',
  wasm: 'application/wasm',
};
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Serves files, and hands what comes over WebSockets at /rfb to a share that listens on TCP. */
export class PageServer {
  #server = createServer((request, response) => this.#answer(request, response));
  #sockets = new Set();
  #files;
  #policy;
  /** Where the share listens. */
  sharePort;
  /** Bytes that went to browsers. */
  sent = 0;

  /**
   * @param {number} sharePort
   * @param {object} options
   * @param {string} [options.host]
   * @param {Readonly<Record<string, string | Uint8Array>>} [options.files] beside those of the page
   * @param {string} [options.policy] the Content-Security-Policy
   */
  static async start(sharePort, { host = '127.0.0.1', files = {}, policy = POLICY } = {}) {
    const server = new PageServer(sharePort, files, policy);
    server.#server.listen(0, host);
    await once(server.#server, 'listening');
    server.host = host;
    return server;
  }

  /** @private */
  constructor(sharePort, files, policy) {
    this.sharePort = sharePort;
    this.#files = files;
    this.#policy = policy;
    const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
    this.#server.on('upgrade', (request, socket, head) => {
      webSockets.handleUpgrade(request, socket, head, webSocket => this.#bridge(webSocket));
    });
  }

  get url() {
    return `http://${this.host}:${this.#server.address().port}/`;
  }

  get connections() {
    return this.#sockets.size;
  }

  #answer({ url }, response) {
    const name = url === '/' ? 'index.html' : url.slice(1);
    const file = path.join(ROOT, 'dist/browser', path.basename(name));
    const content = this.#files[name] ?? (existsSync(file) ? readFileSync(file) : null);
    const type = TYPES[name.split('.').at(-1)] ?? 'text/plain';
    response.writeHead(content === null ? 404 : 200, { 'content-type': type, 'content-security-policy': this.#policy });
    response.end(content);
  }

  #bridge(webSocket) {
    const socket = connect(this.sharePort, '127.0.0.1');
    const pair = { webSocket, socket };
    this.#sockets.add(pair);
    const end = () => {
      this.#sockets.delete(pair);
      socket.destroy();
      webSocket.close();
    };
    socket.on('data', bytes => {
      this.sent += bytes.length;
      webSocket.send(bytes);
    });
    webSocket.on('message', bytes => socket.write(bytes));
    for (const each of [socket, webSocket]) each.on('error', end).on('close', end);
  }

  /** Cuts all connections, as when the sharer is gone. */
  cut() {
    for (const { webSocket, socket } of this.#sockets) {
      socket.destroy();
      webSocket.terminate();
    }
  }

  async stop() {
    this.cut();
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }
}
