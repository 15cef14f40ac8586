import { randomBytes } from 'node:crypto';
import { ByteReader } from '../../../core/byte-reader.js';
import { hasCodeShape } from '../../../core/code.js';
import { asPeerglassError, PeerglassError } from '../../../core/errors.js';
import { clientKeyOf } from '../../../node/address-scope.js';
import { stateFolder } from '../../../node/state-folder.js';
import { REASON } from '../../../protocols/rfb/refusals.js';
import type { ShareCPace } from '../../../protocols/rfb/security/cpace-platform.js';
import { offered } from '../../../protocols/rfb/security/registry.js';
import { keyIdentity } from '../../../protocols/rfb/security/rsa-aes.js';
import type {
  ExchangeTime,
  ServerSecurityType,
  ShareEncryption,
  ShareSecrets,
  TlsLayers,
} from '../../../protocols/rfb/security/security-type.js';
import { ServerHandshake } from '../../../protocols/rfb/server-handshake.js';
import type { Connection } from '../../../transport/connection.js';
import { type Listener, listen } from '../../../transport/listener.js';
import { serverLayers } from '../../../transport/tls.js';
import type { WebClient, WebFile } from '../../../transport/web-listener.js';
import type { Announcement } from '../../announcement.js';
import { NodeCPace } from '../../cpace-platform.js';
import type { Listening } from '../../messages.js';
import { strengthText } from '../../option-values.js';
import { NodeRsaAes } from '../../rsa-aes-platform.js';
import { AnswerLine } from '../answer-line.js';
import { type ShareIdentity, shareIdentity } from '../share-identity.js';
import { VIEWER_LIMITS } from '../viewer-limits.js';
import type { LookUpName } from '../viewer-names.js';
import type { ShareHost, ViewerListener } from '../viewer-session.js';
import { OwnNames, readWebPage } from '../web-page.js';
import { WrongTries } from '../wrong-tries.js';
import { ExchangeBudget } from './exchange-budget.js';
import { ReadingPace } from './reading-pace.js';
import { RefusedConnections } from './refused-connections.js';
import { RfbShare } from './rfb-share.js';
import { ServerConnection } from './server-connection.js';

/** The number of wrong codes of one client after which the person is told in particular. */
const TOLD_AFTER = 3;
/** The interval between notices that many wrong codes are tried. */
const FLOOD_TOLD_MS = 60_000;

/** What an rfb listener is made of besides the share, replaceable in tests. */
export interface RfbListenerParts {
  /** Additional security types to offer. */
  readonly security?: readonly ServerSecurityType[];
  /** The page for browsers; null: it was not built. */
  readonly readPage?: () => ReadonlyMap<string, WebFile> | null;
  /** Asks for the names of this machine; left out: nobody is asked. */
  readonly lookUpName?: LookUpName;
}

/**
 * The rfb listener: any VNC viewer can watch over TCP, any browser over a WebSocket. Both come through the same door and
 * belong to the same share, so that each rectangle is encoded once for all of them.
 */
export class RfbListener implements ViewerListener {
  readonly #host: ShareHost;
  readonly #port: number | null;
  readonly #parts: RfbListenerParts;
  readonly #share: RfbShare;
  readonly #tries = new WrongTries();
  readonly #answers: AnswerLine;
  #floodToldAt = Number.NEGATIVE_INFINITY;
  readonly #viewers = new Set<ServerConnection>();
  readonly #refused: RefusedConnections;
  readonly #listeners: Listener[] = [];
  #ownNames: OwnNames | null = null;
  #identity: ShareIdentity | null = null;
  /** Null: nothing is encrypted. */
  #encryption: ShareEncryption | null = null;
  readonly #exchanges: ExchangeBudget;
  #closed = false;

  /**
   * @param host its options hold the code if access is by code, and the port for browsers
   * @param port null: for browsers only
   */
  constructor(host: ShareHost, port: number | null, parts: RfbListenerParts = {}) {
    this.#host = host;
    this.#port = port;
    this.#parts = parts;
    this.#share = new RfbShare(host);
    this.#refused = new RefusedConnections(host.clock);
    this.#exchanges = new ExchangeBudget(host.clock);
    this.#answers = new AnswerLine(this.#tries, {
      clock: host.clock,
      attended: host.options.attended,
      wrong: (address, times) => this.#wrong(address, times),
    });
  }

  async listen(): Promise<readonly Listening[]> {
    const { bind, access, code, webPort } = this.#host.options;
    this.#encryption = this.#openEncryption();
    const listening: Listening[] = [];
    if (this.#port !== null) {
      const options = { bind, port: this.#port, portFlag: '--rfb-port' };
      const { address, port } = this.#opened(await listen(options, connection => this.#accept(connection, null)));
      listening.push({ wire: 'rfb', address, port });
    }
    if (webPort !== null) listening.push(...(await this.#listenForBrowsers(webPort)));
    if (access === 'code' && code !== null && !hasCodeShape(code)) {
      this.#host.notice('info', `your code has ${strengthText(code)}`);
    }
    return listening;
  }

  /** A port that nobody asked for by its number is done without where it is taken: browsers cannot watch then. */
  async #listenForBrowsers(port: number): Promise<Listening[]> {
    const { clock, options } = this.#host;
    const { bind, encrypt, certFile, webRequired } = options;
    const page = (this.#parts.readPage ?? readWebPage)();
    if (page === null) {
      this.#host.notice('warning', 'Browsers cannot watch: their page was not built (npm run build).');
      return [];
    }
    const onlyTls = encrypt === 'required' || certFile !== null;
    const certificate = certFile === null ? null : (this.#identity?.cert ?? null);
    const names = new OwnNames(certificate, this.#parts.lookUpName);
    this.#ownNames = names;
    const layers = this.#encryption?.tls ?? null;
    const tls = layers && ((key: string) => (this.#exchanges.mayHandshake(key) ? layers.certified() : null));
    const isOwnName = names.has;
    const pace = () => new ReadingPace(clock, this.#share.reading);
    const web = { clock, files: page, isOwnName, keyOf: clientKeyOf, tls, onlyTls, pace };
    try {
      // Loaded here: a share without browsers starts sooner, and with less memory.
      const { listenForBrowsers } = await import('../../../transport/web-listener.js');
      const listener = await listenForBrowsers({ bind, port, portFlag: '--web-port', ...web }, (connection, client) =>
        this.#accept(connection, client),
      );
      const opened = this.#opened(listener);
      const fingerprint = this.#identity?.fingerprint ?? null;
      return [{ wire: 'web', address: opened.address, port: opened.port, https: onlyTls, certificate: fingerprint }];
    } catch (error) {
      names.close();
      if (webRequired || this.#port === null) throw error;
      const { message, remedy, code } = asPeerglassError(error);
      this.#host.notice('warning', `Browsers cannot watch: ${message} ${remedy}`, code);
      return [];
    }
  }

  #opened(listener: Listener): Listener {
    this.#listeners.push(listener);
    return listener;
  }

  async close(farewell: Announcement | null): Promise<void> {
    this.#closed = true;
    const closed = this.#listeners.map(listener => listener.close());
    for (const viewer of this.#viewers) viewer.close(farewell);
    this.#refused.close();
    this.#answers.close();
    this.#ownNames?.close();
    await Promise.all(closed);
  }

  /**
   * The credentials for the next viewer. One that was accepted by a person may resume over a second connection.
   * @param web over a WebSocket
   */
  #secrets(address: string, web: WebClient | null): ShareSecrets {
    const { access, code, vncPassword } = this.#host.options;
    const resumable = [...this.#viewers].some(viewer => viewer.resumeKey !== null);
    return {
      ...(access === 'code' ? { code, vncPassword } : { code: null, vncPassword: null }),
      resume: resumable ? fits => this.#resumes(fits) : null,
      random: randomBytes,
      encryption: this.#encryptionFor(address, web),
    };
  }

  /** A browser has no other encryption above its WebSocket than CPace. */
  #encryptionFor(address: string, web: WebClient | null): ShareEncryption | null {
    const encryption = this.#encryption;
    if (!encryption) return null;
    const key = clientKeyOf(address);
    const exchanges: ExchangeTime = {
      run: work => this.#exchanges.run(key, work),
      mayHandshake: () => this.#exchanges.mayHandshake(key),
    };
    return { ...encryption, exchanges, ...(web ? { tls: null, rsaAes: null } : {}) };
  }

  /** @throws PeerglassError E_CERTIFICATE */
  #openEncryption() {
    const { options } = this.#host;
    if (options.encrypt === 'off') return null;
    const identity = shareIdentity(options, stateFolder(), (tone, text, code) => this.#host.notice(tone, text, code));
    this.#identity = identity;
    return {
      tls: layersOf(identity),
      rsaAes: this.#openRsaAes(),
      cpace: this.#openCPace(),
      required: options.encrypt === 'required',
    };
  }

  /** @throws PeerglassError E_IDENTITY */
  #openCPace(): ShareCPace {
    const platform = new NodeCPace(stateFolder(), text => this.#host.notice('warning', text));
    // Before anybody comes: a key that cannot be used ends the share.
    void platform.identity;
    return { platform, standing: fingerprint => this.#host.standing(fingerprint) };
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

  /** @param web null: over TCP */
  #accept(connection: Connection, web: WebClient | null): void {
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
      security: [...(this.#parts.security ?? []), ...offered(this.#secrets(address, web))],
      consent: asks,
      mustEncrypt: this.#encryption?.required ?? false,
      guarded: access === 'code',
      refusal: this.#host.refusal(address),
    };
    const handshake = new ServerHandshake(options, new ByteReader(VIEWER_LIMITS.unreadBytes));
    const viewer = new ServerConnection(this.#host.nextViewerId(), connection, this.#share, handshake, web, {
      answered: answer => this.#answers.add(answer),
      // Without a code only the key of an earlier connection can be wrong.
      rejected: byCode => {
        if (access !== 'code') return 'tried to resume a session that has ended';
        return byCode ? 'entered a wrong code' : 'entered a wrong VNC password';
      },
      // Whoever asks is let in by an open share.
      letIn: () => {
        const { proven } = viewer;
        const remembered = proven !== null && this.#host.isRemembered(proven.fingerprint);
        if (access !== 'open' || remembered) this.#exchanges.letIn(clientKeyOf(address));
      },
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
