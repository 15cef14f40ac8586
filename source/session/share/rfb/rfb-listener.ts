import { randomBytes } from 'node:crypto';
import { ByteReader } from '../../../core/byte-reader.js';
import { PeerglassError } from '../../../core/errors.js';
import { stateFolder } from '../../../node/state-folder.js';
import { REASON } from '../../../protocols/rfb/refusals.js';
import { offered } from '../../../protocols/rfb/security/registry.js';
import { keyIdentity } from '../../../protocols/rfb/security/rsa-aes.js';
import type {
  ServerSecurityType,
  ShareEncryption,
  ShareSecrets,
  TlsLayers,
} from '../../../protocols/rfb/security/security-type.js';
import { PASSWORD_LENGTH } from '../../../protocols/rfb/security/vnc-auth.js';
import { ServerHandshake } from '../../../protocols/rfb/server-handshake.js';
import type { Connection } from '../../../transport/connection.js';
import { type Listener, listen } from '../../../transport/listener.js';
import { serverLayers } from '../../../transport/tls.js';
import type { Listening } from '../../messages.js';
import { NodeRsaAes } from '../../rsa-aes-platform.js';
import { AnswerLine } from '../answer-line.js';
import { type ShareIdentity, shareIdentity } from '../share-identity.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import type { ShareHost, ViewerListener } from '../viewer-session.js';
import { WrongTries } from '../wrong-tries.js';
import { RefusedConnections } from './refused-connections.js';
import { RfbShare } from './rfb-share.js';
import { ServerConnection } from './server-connection.js';

/** The number of wrong codes of one client after which the person is told in particular. */
const TOLD_AFTER = 3;
/** The interval between notices that many wrong codes are tried. */
const FLOOD_TOLD_MS = 60_000;

/** The rfb listener: any VNC viewer can watch. */
export class RfbListener implements ViewerListener {
  readonly #host: ShareHost;
  readonly #port: number;
  readonly #security: readonly ServerSecurityType[];
  readonly #share: RfbShare;
  readonly #tries = new WrongTries();
  readonly #answers: AnswerLine;
  #floodToldAt = Number.NEGATIVE_INFINITY;
  readonly #viewers = new Set<ServerConnection>();
  readonly #refused: RefusedConnections;
  #listener: Listener | null = null;
  /** Null: nothing is encrypted. */
  #encryption: ShareEncryption | null = null;
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
    this.#answers = new AnswerLine(this.#tries, {
      clock: host.clock,
      attended: host.options.attended,
      wrong: (address, times) => this.#wrong(address, times),
    });
  }

  async listen(): Promise<Listening> {
    const { bind, access, code } = this.#host.options;
    this.#encryption = this.#openEncryption();
    const options = { bind, port: this.#port, portFlag: '--rfb-port' };
    this.#listener = await listen(options, connection => this.#accept(connection));
    if (access === 'code' && code !== null && code.length > PASSWORD_LENGTH) {
      const viewers = 'VNC viewers without RSA-AES';
      this.#host.notice('warning', `${viewers} use only the first ${PASSWORD_LENGTH} characters of the code`);
    }
    return { wire: 'rfb', address: this.#listener.address, port: this.#listener.port };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const closed = this.#listener?.close();
    for (const viewer of this.#viewers) viewer.close();
    this.#refused.close();
    this.#answers.close();
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
      encryption: this.#encryption,
    };
  }

  /** @throws PeerglassError E_CERTIFICATE */
  #openEncryption(): ShareEncryption | null {
    const { options } = this.#host;
    if (options.encrypt === 'off') return null;
    const identity = shareIdentity(options, stateFolder(), (tone, text, code) => this.#host.notice(tone, text, code));
    return { tls: layersOf(identity), rsaAes: this.#openRsaAes(), required: options.encrypt === 'required' };
  }

  /** It is offered from when its key has been read, or made, which takes a slow computer seconds once. */
  #openRsaAes(): NodeRsaAes {
    const rsaAes = new NodeRsaAes(stateFolder(), text => this.#host.notice('warning', text));
    if (this.#host.options.access === 'code') {
      void rsaAes.prepare().then(() => {
        const { keys } = rsaAes;
        if (keys && !this.#closed) {
          const shown = keyIdentity(keys, rsaAes).shown;
          this.#host.notice('info', `VNC viewers with RSA-AES ask about this share's key: ${shown}`);
        }
      });
    }
    return rsaAes;
  }

  #resumes(fits: (key: Uint8Array) => boolean): boolean {
    const viewer = [...this.#viewers].find(({ resumeKey }) => resumeKey !== null && fits(resumeKey));
    viewer?.replaced();
    return viewer !== undefined;
  }

  #accept(connection: Connection): void {
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
    const options = {
      security: [...this.#security, ...offered(this.#secrets)],
      consent: asks,
      mustEncrypt: this.#encryption?.required ?? false,
      guarded: access === 'code',
      refusal: this.#host.refusal(address),
    };
    const handshake = new ServerHandshake(options, new ByteReader(VIEWER_LIMITS.unreadBytes));
    const viewer = new ServerConnection(this.#host.nextViewerId(), connection, this.#share, handshake, {
      answered: answer => this.#answers.add(answer),
      // Without a code only the key of an earlier connection can be wrong.
      rejected: () => (access === 'code' ? 'entered a wrong code' : 'tried to resume a session that has ended'),
      closed: () => {
        if (this.#viewers.delete(viewer)) this.#host.left(viewer, viewer.reason);
      },
    });
    this.#host.admit(viewer);
    this.#viewers.add(viewer);
    viewer.begin();
  }

  #wrong(address: string, times: number): void {
    const { clock, options } = this.#host;
    const now = clock.now();
    if (times === TOLD_AFTER) this.#host.notice('warning', `${address} has entered ${times} wrong codes`);
    if (this.#tries.allWaitMs(now) === 0 || now - this.#floodToldAt < FLOOD_TOLD_MS) return;
    this.#floodToldAt = now;
    const next = options.attended ? 'you are asked about viewers that give the right one' : 'viewers wait for longer';
    this.#host.notice('warning', `many wrong codes are being tried: for now ${next}`);
  }
}

/** @throws PeerglassError E_CERTIFICATE if TLS refuses the certificate or its key, e.g. one that is too short */
function layersOf(identity: ShareIdentity): TlsLayers {
  try {
    return serverLayers(identity);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PeerglassError('E_CERTIFICATE', `The certificate or its key cannot be used for TLS: ${why}.`, '', {
      cause,
    });
  }
}
