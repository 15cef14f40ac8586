import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.js';
import { isIPv4 } from '../../core/ip-address.js';
import { plainText } from '../../core/plain-text.js';
import {
  type DnsMessage,
  type DnsName,
  type DnsQuestion,
  type DnsRecord,
  dataBytes,
  labelOf,
  sameName,
} from '../../protocols/mdns/message.js';
import type { MulticastLink } from '../../transport/multicast.js';
import { type Mdns, type OpenMdns, SERVICE } from './mdns.js';

export interface AnnouncedService {
  /** Text for people; gets a number if a neighbour already has this name. */
  readonly name: string;
  readonly port: number;
  /** The strings of the TXT record, each "key=value". */
  readonly texts: readonly string[];
  /** The only address that listens; null: all addresses. */
  readonly bind: string | null;
}

/** The state of an announcement. */
export interface AnnouncementState {
  /** The name that neighbours see; null until it is announced. */
  readonly name: string | null;
  /** Why it cannot be announced, in one sentence. */
  readonly problem: string | null;
}

/** From RFC 6762: 8.1, 8.3, 6 and 10. */
const PROBE_MS = 250;
const PROBES = 3;
const ANNOUNCED_AT_MS = [0, 1000, 3000] as const;
/** Random delay of an answer that other machines may give too, in ms. */
const ANSWER_MS = { least: 20, most: 120 } as const;
const BETWEEN_ANSWERS_MS = 1000;
const BETWEEN_DEFENCES_MS = 250;
const TTL = { host: 120, other: 4500 } as const;

/** Names to try. A neighbour that claims them all does not want this service announced. */
const MAX_NAMES = 20;

/** Time limit for sending the goodbye, in ms. */
const GOODBYE_MS = 500;

const SERVICES: DnsName = ['_services', '_dns-sd', '_udp', 'local'];
const MUTE = 'This machine cannot send mDNS. A firewall may be blocking it.';
const NOBODY: AnnouncementState = { name: null, problem: null };

function byBytes(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at < 0 ? a.length - b.length : a[at]! - (b[at] ?? -1);
}

/** The name with its number, cut so that both fit a label: "desk (2)". */
function numbered(name: string, number: number): string {
  if (number === 1) return labelOf(name);
  const suffix = ` (${number})`;
  let head = name;
  while (labelOf(`${head}${suffix}`) !== `${head}${suffix}`) head = [...head].slice(0, -1).join('');
  return `${head}${suffix}`;
}

/**
 * One service announced on the networks of this machine (RFC 6762, RFC 6763), from the first probe for its name to the
 * goodbye. Messages of neighbours can make it change its name, and nothing else.
 */
export class Announcer {
  readonly #service: AnnouncedService;
  readonly #clock: Clock;
  readonly #told: (state: AnnouncementState) => void;
  readonly #mdns: Mdns;
  /** A host name for this machine's addresses. It is unique because other programs announce the machine's own name. */
  readonly #host: DnsName = [`peerglass-${randomBytes(6).toString('hex')}`, 'local'];
  #links: readonly MulticastLink[] = [];
  #state: AnnouncementState = NOBODY;
  #number = 1;
  /** Probes sent so far; null while not probing. */
  #probes: number | null = null;
  readonly #cancels = new Set<() => void>();
  readonly #answeredAt = new Map<MulticastLink, number>();
  readonly #answering = new Set<MulticastLink>();
  /** Links on which the last message could not be sent. */
  readonly #unsent = new Set<MulticastLink>();
  #closing: Promise<void> | null = null;

  constructor(
    service: AnnouncedService,
    parts: { readonly open: OpenMdns; readonly clock: Clock; readonly told: (state: AnnouncementState) => void },
  ) {
    this.#service = { ...service, name: plainText(service.name.trim(), 60) || 'peerglass' };
    this.#clock = parts.clock;
    this.#told = parts.told;
    this.#mdns = parts.open({
      received: (message, _, link) => this.#received(message, link),
      joined: links => this.#joined(links),
      failed: problem => this.#tell({ name: null, problem }),
    });
  }

  /** Withdraws the announcement. Resolves when the goodbye has been sent, or cannot be. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const announced = this.#state.name !== null;
    this.#forget();
    const late = new Promise<void>(resolve => {
      this.#clock.after(GOODBYE_MS, resolve);
    });
    if (announced) await Promise.race([this.#sayGoodbye(), late]);
    await this.#mdns.close();
  }

  get #name(): DnsName {
    return [numbered(this.#service.name, this.#number), ...SERVICE];
  }

  #tell(state: AnnouncementState): void {
    if (state.name === this.#state.name && state.problem === this.#state.problem) return;
    this.#state = state;
    if (this.#closing === null) this.#told(state);
  }

  #later(ms: number, callback: () => void): void {
    const cancel = this.#clock.after(ms, () => {
      this.#cancels.delete(cancel);
      callback();
    });
    this.#cancels.add(cancel);
  }

  #forget(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
    this.#answering.clear();
    this.#probes = null;
  }

  /** Called with the interfaces through which the service can be reached. */
  #joined(links: readonly MulticastLink[]): void {
    if (this.#closing !== null) return;
    const { bind } = this.#service;
    this.#links = links.filter(({ addresses }) => bind === null || addresses.includes(bind.replace(/%.*$/, '')));
    this.#answeredAt.clear();
    this.#unsent.clear();
    if (this.#links.length === 0) {
      this.#forget();
      this.#tell({ name: null, problem: 'This machine is on no network.' });
    } else this.#probe();
  }

  /** Probes for the name, and announces it unless a neighbour has it. */
  #probe(): void {
    this.#forget();
    this.#tell({ name: this.#state.name, problem: null });
    this.#probes = 0;
    this.#later(Math.random() * PROBE_MS, () => this.#nextProbe());
  }

  #nextProbe(): void {
    if (this.#probes === null) return;
    if (this.#probes === PROBES) {
      this.#announce();
      return;
    }
    this.#probes++;
    const questions: DnsQuestion[] = [{ name: this.#name, type: 'ANY' }];
    for (const link of this.#links) void this.#mdns.send({ questions, wanted: [this.#address(TTL.host)] }, link);
    this.#later(PROBE_MS, () => this.#nextProbe());
  }

  #announce(): void {
    this.#probes = null;
    this.#tell({ name: this.#name[0]!, problem: null });
    for (const ms of ANNOUNCED_AT_MS) {
      this.#later(ms, () => {
        for (const link of this.#links) void this.#answer(link);
      });
    }
  }

  /** The SRV record: the one in which two services of the same name differ. */
  #address(ttl: number): DnsRecord {
    return { name: this.#name, type: 'SRV', port: this.#service.port, target: this.#host, ttl, unique: true };
  }

  #records(link: MulticastLink, alive = true): DnsRecord[] {
    const { texts, bind } = this.#service;
    const [host, other] = alive ? [TTL.host, TTL.other] : [0, 0];
    const addresses = bind === null ? link.addresses : [bind.replace(/%.*$/, '')];
    return [
      { name: SERVICE, type: 'PTR', target: this.#name, ttl: other },
      this.#address(host),
      { name: this.#name, type: 'TXT', texts, ttl: other, unique: true },
      ...addresses.map(
        (address): DnsRecord => ({
          name: this.#host,
          type: isIPv4(address) ? 'A' : 'AAAA',
          address,
          ttl: host,
          unique: true,
        }),
      ),
      // Never withdrawn: other programs of this machine may announce such a service too.
      ...(alive ? [{ name: SERVICES, type: 'PTR', target: SERVICE, ttl: other } as const] : []),
    ];
  }

  async #answer(link: MulticastLink): Promise<void> {
    this.#answeredAt.set(link, this.#clock.now());
    if (await this.#mdns.send({ response: true, records: this.#records(link) }, link)) this.#unsent.delete(link);
    else this.#unsent.add(link);
    if (this.#closing !== null || this.#state.name === null) return;
    const silent = this.#links.every(each => this.#unsent.has(each));
    this.#tell({ name: this.#state.name, problem: silent ? MUTE : null });
  }

  async #sayGoodbye(): Promise<void> {
    await Promise.all(
      this.#links.map(link => this.#mdns.send({ response: true, records: this.#records(link, false) }, link)),
    );
  }

  #received(message: DnsMessage, link: MulticastLink): void {
    if (this.#closing !== null || !this.#links.includes(link)) return;
    if (message.response) {
      if (this.#isTaken(message.records)) this.#rename();
    } else if (this.#probes !== null) {
      if (this.#isWantedMore(message.wanted)) this.#rename();
    } else if (this.#state.name !== null) this.#asked(message, link);
  }

  /** Whether a neighbour has a service of this name. */
  #isTaken(records: readonly DnsRecord[]): boolean {
    if (this.#probes === null && this.#state.name === null) return false;
    return records.some(
      record => record.type === 'SRV' && record.ttl > 0 && sameName(record.name, this.#name) && !this.#isOwn(record),
    );
  }

  /** Simultaneous probes: the record that sorts last gets the name (RFC 6762, 8.2). */
  #isWantedMore(wanted: readonly DnsRecord[]): boolean {
    const own = dataBytes(this.#address(0));
    return wanted.some(
      record => record.type === 'SRV' && sameName(record.name, this.#name) && byBytes(dataBytes(record), own) > 0,
    );
  }

  /** This machine receives its own messages too. */
  #isOwn(record: DnsRecord): boolean {
    return record.type === 'SRV' && record.port === this.#service.port && sameName(record.target, this.#host);
  }

  #rename(): void {
    // No goodbye: the name now belongs to somebody else.
    this.#forget();
    this.#number++;
    if (this.#number > MAX_NAMES) {
      this.#tell({ name: null, problem: `${MAX_NAMES} names like "${this.#service.name}" are taken on this network.` });
      this.#links = [];
      return;
    }
    this.#tell(NOBODY);
    this.#probe();
  }

  /** Answers questions about this service, at a limited rate so that no neighbour can make it flood the network. */
  #asked({ questions }: DnsMessage, link: MulticastLink): void {
    const defends = questions.some(({ name, type }) => type === 'ANY' && sameName(name, this.#name));
    const means = defends || questions.some(question => this.#isMeant(question));
    if (!means || this.#answering.has(link)) return;
    this.#answering.add(link);
    const between = defends ? BETWEEN_DEFENCES_MS : BETWEEN_ANSWERS_MS;
    const rested = (this.#answeredAt.get(link) ?? Number.NEGATIVE_INFINITY) + between - this.#clock.now();
    const { least, most } = ANSWER_MS;
    const wait = defends ? 0 : least + Math.random() * (most - least);
    this.#later(Math.max(wait, rested), () => {
      this.#answering.delete(link);
      void this.#answer(link);
    });
  }

  #isMeant({ name, type }: DnsQuestion): boolean {
    const any = type === 'ANY';
    if (sameName(name, SERVICE) || sameName(name, SERVICES)) return any || type === 'PTR';
    if (sameName(name, this.#name)) return any || type === 'SRV' || type === 'TXT';
    return sameName(name, this.#host) && (any || type === 'A' || type === 'AAAA');
  }
}
