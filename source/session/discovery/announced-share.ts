import { isLoopback } from '../../core/ip-address.js';
import { systemClock } from '../../node/clock.js';
import type { ShareController, StartShare } from '../app-services.js';
import type { Listening, ShareEvent } from '../messages.js';
import { announcedEncryption } from '../option-values.js';
import type { ShareOptions } from '../share-options.js';
import { type AnnouncementState, Announcer } from './announcer.js';
import { mdnsIsOff, type OpenMdns, openMdns } from './mdns.js';

const EVERY_ADDRESS = /^(0\.0\.0\.0|::)$/;

/**
 * Announces shares on the network while they listen, if their options say so. Only rfb is announced, because other
 * programs expect rfb behind this service. A share that only this machine can reach is never announced.
 */
export function announced(startShare: StartShare, open: OpenMdns = openMdns): StartShare {
  return options => {
    const session = startShare(options);
    return isForNeighbours(options) && !mdnsIsOff() ? new AnnouncedShare(session, options, open) : session;
  };
}

function isForNeighbours({ announce, rfbPort, bind }: ShareOptions): boolean {
  return announce && rfbPort !== null && !(bind !== null && isLoopback(bind));
}

class AnnouncedShare implements ShareController {
  readonly #session: ShareController;
  readonly #options: ShareOptions;
  readonly #open: OpenMdns;
  readonly #listeners = new Set<(event: ShareEvent) => void>();
  #announcer: Announcer | null = null;
  #closed: Promise<void> = Promise.resolve();

  constructor(session: ShareController, options: ShareOptions, open: OpenMdns) {
    this.#session = session;
    this.#options = options;
    this.#open = open;
    session.subscribe(event => {
      if (event.type === 'listening') this.#announce(event.wires);
      else if (event.type === 'ended') this.#close();
    });
  }

  send: ShareController['send'] = command => this.#session.send(command);

  subscribe(listener: (event: ShareEvent) => void): () => void {
    this.#listeners.add(listener);
    const unsubscribe = this.#session.subscribe(listener);
    return () => {
      unsubscribe();
      this.#listeners.delete(listener);
    };
  }

  async stop(): Promise<void> {
    this.#close();
    await Promise.all([this.#closed, this.#session.stop()]);
  }

  #announce(wires: readonly Listening[]): void {
    const port = wires.find(({ wire }) => wire === 'rfb')?.port;
    if (port === undefined) return;
    const { bind, name } = this.#options;
    const encryption = announcedEncryption(this.#options);
    this.#announcer = new Announcer(
      {
        name,
        port,
        texts: ['txtvers=1', 'program=peerglass', 'wire=rfb', `encryption=${encryption}`],
        bind: bind !== null && EVERY_ADDRESS.test(bind) ? null : bind,
      },
      { open: this.#open, clock: systemClock, told: state => this.#tell(state) },
    );
  }

  #tell(state: AnnouncementState): void {
    for (const listener of [...this.#listeners]) listener({ type: 'announced', ...state });
  }

  #close(): void {
    const announcer = this.#announcer;
    this.#announcer = null;
    if (announcer) this.#closed = announcer.close();
  }
}
