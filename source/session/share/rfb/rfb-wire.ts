import { ByteReader } from '../../../core/byte-reader.js';
import { serverResume } from '../../../protocols/rfb/security/resume.js';
import { serverNone } from '../../../protocols/rfb/security/server-none.js';
import type { ServerSecurityType } from '../../../protocols/rfb/security/server-security.js';
import { serverVncAuth } from '../../../protocols/rfb/security/server-vnc-auth.js';
import { ServerHandshake } from '../../../protocols/rfb/server-handshake.js';
import { PASSWORD_LENGTH } from '../../../protocols/rfb/vnc-auth.js';
import type { Connection } from '../../../transport/connection.js';
import { type Listener, listen } from '../../../transport/listener.js';
import type { Listening } from '../../messages.js';
import { AddressBackoff } from '../address-backoff.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import type { ShareHost, Wire } from '../viewer-session.js';
import { RefusedConnections } from './refused-connections.js';
import { RfbShare } from './rfb-share.js';
import { RfbViewer } from './rfb-viewer.js';

/** How often an address may give a wrong code before it must wait. */
const WRONG_CODES = { free: 4, firstMs: 10_000 };

/** The rfb wire: any VNC viewer can watch. */
export class RfbWire implements Wire {
  readonly #host: ShareHost;
  readonly #port: number;
  readonly #share: RfbShare;
  readonly #wrongCodes = new AddressBackoff(WRONG_CODES);
  readonly #security: readonly ServerSecurityType[];
  readonly #viewers = new Set<RfbViewer>();
  readonly #resume = serverResume(fits => {
    const viewer = [...this.#viewers].find(({ resumeKey }) => resumeKey !== null && fits(resumeKey));
    viewer?.replaced();
    return viewer !== undefined;
  });
  readonly #refused: RefusedConnections;
  #listener: Listener | null = null;
  #closed = false;

  /** @param host its options hold the code where access is by code */
  constructor(host: ShareHost, port: number) {
    this.#host = host;
    this.#port = port;
    this.#share = new RfbShare(host);
    this.#refused = new RefusedConnections(host.clock);
    const { access, code } = host.options;
    this.#security = [access === 'code' && code !== null ? serverVncAuth(code) : serverNone];
  }

  async listen(): Promise<Listening> {
    const { bind, access, code } = this.#host.options;
    const options = { bind, port: this.#port, portFlag: '--rfb-port' };
    this.#listener = await listen(options, connection => this.#accept(connection));
    if (access === 'code' && code !== null && code.length > PASSWORD_LENGTH) {
      this.#host.notice('warning', `VNC viewers send only the first ${PASSWORD_LENGTH} characters of the code`);
    }
    return { wire: 'rfb', address: this.#listener.address, port: this.#listener.port };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const closed = this.#listener?.close();
    for (const viewer of this.#viewers) viewer.close();
    this.#refused.close();
    await closed;
    this.#share.free();
  }

  /** Whoever was let in by a person may go on over a second connection. */
  get #offered(): readonly ServerSecurityType[] {
    const resumable = [...this.#viewers].some(viewer => viewer.resumeKey !== null);
    return resumable ? [...this.#security, this.#resume] : this.#security;
  }

  #accept(connection: Connection): void {
    const { clock } = this.#host;
    const address = connection.remoteAddress;
    const { access } = this.#host.options;
    const asks = access === 'ask';
    if (this.#closed) {
      connection.destroy();
      return;
    }
    if (!this.#host.room(address, asks)) {
      this.#refused.refuse(connection, 'The share is full.');
      return;
    }
    const wait = this.#wrongCodes.waitMs(address, clock.now());
    const options = {
      security: this.#offered,
      consent: asks,
      refusal:
        this.#host.refusal(address) ??
        (wait > 0
          ? `Too many ${access === 'code' ? 'wrong codes' : 'wrong tries'}. Try again in ${Math.ceil(wait / 1000)} seconds.`
          : null),
    };
    const handshake = new ServerHandshake(options, new ByteReader(VIEWER_LIMITS.unreadBytes));
    const viewer = new RfbViewer(this.#host.nextViewerId(), connection, this.#share, handshake, {
      rejected: () => {
        this.#wrongCodes.failed(address, clock.now());
        // Without a code there is only the key of an earlier connection to be wrong.
        return access === 'code' ? 'entered a wrong code' : 'wanted to go on for a connection that is over';
      },
      accepted: () => this.#wrongCodes.succeeded(address),
      closed: () => {
        if (this.#viewers.delete(viewer)) this.#host.left(viewer, viewer.reason);
      },
    });
    this.#host.admit(viewer);
    this.#viewers.add(viewer);
    viewer.begin();
  }
}
