import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import os from 'node:os';

/** A network interface for multicast over one IP version. */
export interface MulticastLink {
  readonly interfaceName: string;
  readonly family: 4 | 6;
  /** All addresses of the interface, IPv4 and IPv6, without zones. */
  readonly addresses: readonly string[];
}

/** Sends and receives the datagrams of a multicast group on all networks of this machine except loopback. */
export interface Multicast {
  /** Sends on one interface; false if the system refuses. */
  send(bytes: Uint8Array, link: MulticastLink): Promise<boolean>;
  close(): Promise<void>;
}

export interface MulticastEvents {
  /** From a neighbour, this machine included. */
  received(bytes: Uint8Array, from: string, link: MulticastLink): void;
  /** The joined interfaces: reported at the start and whenever they change. */
  joined(links: readonly MulticastLink[]): void;
  /** Neither IPv4 nor IPv6 works: the system's error code. Called once. */
  failed(code: string): void;
}

export interface MulticastGroup {
  readonly port: number;
  readonly address: Readonly<Record<4 | 6, string>>;
}

/** Interfaces are checked this often, since no system notifies Node when one appears or disappears. */
const LOOK_MS = 3000;
const HOPS = 255;
const MAX_INTERFACES = 32;
/** Datagrams accepted per second, and in a burst; others are dropped unread. */
const RATE = { aSecond: 200, atOnce: 400 };

type NetworkInterface = readonly [name: string, addresses: readonly os.NetworkInterfaceInfo[]];

function interfacesHere(): NetworkInterface[] {
  return Object.entries(os.networkInterfaces())
    .map(([name, addresses]): NetworkInterface => [name, (addresses ?? []).filter(({ internal }) => !internal)])
    .filter(([, addresses]) => addresses.length > 0)
    .slice(0, MAX_INTERFACES);
}

function familyOf({ family }: os.NetworkInterfaceInfo): 4 | 6 {
  return family === 'IPv6' ? 6 : 4;
}

function inNetwork(address: string, { address: own, netmask }: os.NetworkInterfaceInfo): boolean {
  const [theirs, ours, mask] = [address, own, netmask].map(text => text.split('.').map(Number));
  return mask!.every((bits, index) => (theirs![index]! & bits) === (ours![index]! & bits));
}

/** The socket of one IP version, and the interfaces on which it has joined the group. */
class Family {
  readonly #family: 4 | 6;
  readonly #group: MulticastGroup;
  readonly #events: Pick<MulticastEvents, 'received'>;
  readonly #links = new Map<string, MulticastLink>();
  #socket: Socket | null = null;
  #interfaces: readonly NetworkInterface[] = [];
  /** The outgoing interface is set for the whole socket, so datagrams are sent one after the other. */
  #sending: Promise<unknown> = Promise.resolve();
  #left = RATE.atOnce;
  #countedAt = performance.now();

  constructor(family: 4 | 6, group: MulticastGroup, events: Pick<MulticastEvents, 'received'>) {
    this.#family = family;
    this.#group = group;
    this.#events = events;
  }

  get links(): readonly MulticastLink[] {
    return [...this.#links.values()];
  }

  /** Resolves with null, or with the error code. */
  open(): Promise<string | null> {
    const socket = createSocket({
      type: this.#family === 4 ? 'udp4' : 'udp6',
      reuseAddr: true,
      ipv6Only: this.#family === 6,
    });
    return new Promise(resolve => {
      socket.once('error', (error: NodeJS.ErrnoException) => {
        socket.close();
        resolve(error.code ?? error.message);
      });
      socket.bind(this.#group.port, this.#family === 4 ? '0.0.0.0' : '::', () => {
        socket.removeAllListeners('error');
        // An interface that is gone, or a datagram that cannot be sent: handled where it matters.
        socket.on('error', () => {});
        socket.on('message', (bytes, from) => this.#received(bytes, from));
        socket.setMulticastTTL(HOPS);
        this.#socket = socket;
        resolve(null);
      });
    });
  }

  /** Joins the group on interfaces that are new, and forgets those that are gone. @returns whether that changed anything */
  look(interfaces: readonly NetworkInterface[]): boolean {
    const socket = this.#socket;
    if (socket === null) return false;
    this.#interfaces = interfaces;
    let changed = false;
    const there = new Map(interfaces.filter(([, all]) => all.some(each => familyOf(each) === this.#family)));
    for (const name of this.#links.keys()) {
      if (there.has(name)) continue;
      this.#links.delete(name);
      changed = true;
    }
    for (const [name, all] of there) {
      const addresses = all.map(({ address }) => address);
      const known = this.#links.get(name);
      if (known !== undefined && known.addresses.join() === addresses.join()) continue;
      try {
        // An interface that came back under its name is joined again; one that never left reports an error.
        socket.addMembership(this.#group.address[this.#family], this.#nameOf({ interfaceName: name, addresses }));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
          changed ||= this.#links.delete(name);
          continue;
        }
      }
      this.#links.set(name, { interfaceName: name, family: this.#family, addresses });
      changed = true;
    }
    return changed;
  }

  send(bytes: Uint8Array, link: MulticastLink): Promise<boolean> {
    const sent = this.#sending.then(() => this.#send(bytes, link));
    this.#sending = sent;
    return sent;
  }

  close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return Promise.resolve();
    return this.#sending.then(() => new Promise(resolve => socket.close(resolve)));
  }

  #send(bytes: Uint8Array, link: MulticastLink): Promise<boolean> {
    const { port, address } = this.#group;
    const socket = this.#socket;
    if (socket === null) return Promise.resolve(false);
    return new Promise(resolve => {
      try {
        socket.setMulticastInterface(this.#nameOf(link));
        const to = this.#family === 4 ? address[4] : `${address[6]}%${link.interfaceName}`;
        socket.send(bytes, port, to, error => resolve(error === null));
      } catch {
        resolve(false);
      }
    });
  }

  /** The interface as the socket calls of its IP version name it. */
  #nameOf({ interfaceName, addresses }: Pick<MulticastLink, 'interfaceName' | 'addresses'>): string {
    return this.#family === 4 ? addresses.find(address => !address.includes(':'))! : `::%${interfaceName}`;
  }

  #received(bytes: Uint8Array, { address }: RemoteInfo): void {
    const now = performance.now();
    this.#left = Math.min(RATE.atOnce, this.#left + ((now - this.#countedAt) / 1000) * RATE.aSecond);
    this.#countedAt = now;
    if (this.#left < 1) return;
    this.#left--;
    const link = this.#linkTo(address);
    // Only neighbours: hosts further away can send datagrams here too, and get no answer (RFC 6762, 11).
    if (link) this.#events.received(bytes, address, link);
  }

  #linkTo(address: string): MulticastLink | undefined {
    if (this.#family === 6) return this.#links.get(/%(.*)$/.exec(address)?.[1] ?? '');
    const found = this.#interfaces.find(([, all]) =>
      all.some(each => familyOf(each) === 4 && inNetwork(address, each)),
    );
    return found && this.#links.get(found[0]);
  }
}

/** Joins a group on every present and future interface. Failures are reported, never thrown. */
export function openMulticast(group: MulticastGroup, events: MulticastEvents): Multicast {
  const families = [new Family(4, group, events), new Family(6, group, events)] as const;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;

  function look(first: boolean): void {
    const interfaces = interfacesHere();
    const changed = families.map(family => family.look(interfaces)).some(Boolean);
    if (changed || first) events.joined(families.flatMap(({ links }) => links));
  }

  const opened = Promise.all(families.map(family => family.open())).then(codes => {
    if (closed) return;
    if (codes.every(code => code !== null)) return events.failed(codes[0]!);
    look(true);
    timer = setInterval(() => look(false), LOOK_MS);
    timer.unref();
  });

  return {
    send: (bytes, link) => families[link.family === 4 ? 0 : 1].send(bytes, link),
    async close() {
      closed = true;
      if (timer) clearInterval(timer);
      await opened;
      await Promise.all(families.map(family => family.close()));
    },
  };
}
