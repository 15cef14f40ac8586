import { randomBytes } from 'node:crypto';
import { ByteReader } from '../../../core/byte-reader.js';
import { REASON } from '../../../protocols/rfb/refusals.js';
import { offered } from '../../../protocols/rfb/security/registry.js';
import type { ServerSecurityType, ShareSecrets } from '../../../protocols/rfb/security/security-type.js';
import { PASSWORD_LENGTH } from '../../../protocols/rfb/security/vnc-auth.js';
import { ServerHandshake } from '../../../protocols/rfb/server-handshake.js';
import type { Connection } from '../../../transport/connection.js';
import { type Listener, listen } from '../../../transport/listener.js';
import type { Listening } from '../../messages.js';
import { AddressBackoff } from '../address-backoff.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import type { ShareHost, ViewerListener } from '../viewer-session.js';
import { RefusedConnections } from './refused-connections.js';
import { RfbShare } from './rfb-share.js';
import { ServerConnection } from './server-connection.js';

/** Wrong codes from an address before it must wait. */
const WRONG_CODES = { free: 4, firstMs: 10_000 };

/** The rfb listener: any VNC viewer can watch. */
export class RfbListener implements ViewerListener {
  readonly #host: ShareHost;
  readonly #port: number;
  readonly #security: readonly ServerSecurityType[];
  readonly #share: RfbShare;
  readonly #wrongCodes = new AddressBackoff(WRONG_CODES);
  readonly #viewers = new Set<ServerConnection>();
  readonly #refused: RefusedConnections;
  #listener: Listener | null = null;
  #closed = false;

  /**
   * @param host its options hold the code if access is by code
   * @param security for tests: additional security types to offer
   */
  constructor(host: ShareHost, port: number, security: readonly ServerSecurityType[] = []) {
    this.#host = host;
    this.#port = port;
    this.#security = security;
    this.#share = new RfbShare(host);
    this.#refused = new RefusedConnections(host.clock);
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

  /** The credentials for the next viewer. One that was accepted by a person may resume over a second connection. */
  get #secrets(): ShareSecrets {
    const { access, code } = this.#host.options;
    const resumable = [...this.#viewers].some(viewer => viewer.resumeKey !== null);
    return {
      code: access === 'code' ? code : null,
      resume: resumable ? fits => this.#resumes(fits) : null,
      random: randomBytes,
      encryption: null,
    };
  }

  #resumes(fits: (key: Uint8Array) => boolean): boolean {
    const viewer = [...this.#viewers].find(({ resumeKey }) => resumeKey !== null && fits(resumeKey));
    viewer?.replaced();
    return viewer !== undefined;
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
      this.#refused.refuse(connection, REASON.full);
      return;
    }
    const wait = this.#wrongCodes.waitMs(address, clock.now());
    const options = {
      security: [...this.#security, ...offered(this.#secrets)],
      consent: asks,
      refusal:
        this.#host.refusal(address) ??
        (wait > 0
          ? `Too many ${access === 'code' ? 'wrong codes' : 'wrong tries'}. Try again in ${Math.ceil(wait / 1000)} seconds.`
          : null),
    };
    const handshake = new ServerHandshake(options, new ByteReader(VIEWER_LIMITS.unreadBytes));
    const viewer = new ServerConnection(this.#host.nextViewerId(), connection, this.#share, handshake, {
      rejected: () => {
        this.#wrongCodes.failed(address, clock.now());
        // Without a code only the key of an earlier connection can be wrong.
        return access === 'code' ? 'entered a wrong code' : 'tried to resume a session that has ended';
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
