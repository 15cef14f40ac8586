import type { Clock } from '../../core/clock.js';
import { bytesOfAddress, isForMany, isIPv4, isLoopback, lacksZone } from '../../core/ip-address.js';
import { plainText } from '../../core/plain-text.js';
import {
  type DnsMessage,
  type DnsName,
  type DnsQuestion,
  type DnsRecord,
  nameKey,
  sameName,
} from '../../protocols/mdns/message.js';
import type { MulticastLink } from '../../transport/multicast.js';
import type { FoundSharer, FoundSharers } from '../app-services.js';
import { type Mdns, type OpenMdns, SERVICE } from './mdns.js';

/** Limits on what neighbours can make this machine store, show and ask. */
export const BROWSER_LIMITS = {
  sharers: 64,
  /** Per answering machine. */
  sharersOfOne: 16,
  addresses: 8,
  /** Upper limit on a record's lifetime, in seconds. It is queried again before it expires. */
  age: 150,
  /** Questions per second for records that an answer lacked. */
  questions: 10,
  /** Characters of a value in a TXT record. */
  text: 40,
} as const;

/** The times of queries after the start and after each change of the networks; then every minute. */
const ASKED_AT_MS = [20, 1000, 3000, 9000, 27_000] as const;
const ASKED_AGAIN_MS = 60_000;
const SWEEP_MS = 1000;
/** Minimum interval of callbacks, in ms. */
const TELL_MS = 200;

interface Address {
  readonly text: string;
  /** Lower is tried first. */
  readonly rank: number;
  readonly link: MulticastLink;
}

interface Instance {
  readonly name: DnsName;
  /** The neighbour that announced it first. */
  readonly from: string;
  expires: number;
  port: number | null;
  target: DnsName | null;
  targetKey: string | null;
  texts: readonly string[];
  addresses: readonly Address[];
}

/** Finds the sharers on the networks of this machine (RFC 6762, RFC 6763). */
export class SharerBrowser {
  readonly #clock: Clock;
  readonly #told: (found: FoundSharers) => void;
  readonly #mdns: Mdns;
  readonly #instances = new Map<string, Instance>();
  #links: readonly MulticastLink[] = [];
  #problem: string | null = null;
  #unheld = new Set<string>();
  #cancelQuestion: () => void = () => {};
  #cancelSweep: () => void = () => {};
  #telling: (() => void) | null = null;
  #last = '';
  #questions = { second: 0, count: 0 };
  #closed = false;

  constructor(parts: {
    readonly open: OpenMdns;
    readonly clock: Clock;
    readonly told: (found: FoundSharers) => void;
  }) {
    this.#clock = parts.clock;
    this.#told = parts.told;
    this.#mdns = parts.open({
      received: (message, from, link) => this.#received(message, from, link),
      joined: links => this.#joined(links),
      failed: problem => this.#fail(problem),
    });
    this.#sweep();
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#cancelQuestion();
    this.#cancelSweep();
    this.#telling?.();
    return this.#mdns.close();
  }

  #fail(problem: string | null): void {
    this.#problem = problem;
    this.#changed();
  }

  #joined(links: readonly MulticastLink[]): void {
    if (this.#closed) return;
    this.#links = links;
    for (const instance of this.#instances.values()) {
      instance.addresses = instance.addresses.filter(({ link }) => this.#isUp(link));
    }
    this.#fail(links.length === 0 ? 'This machine is on no network.' : null);
    this.#ask(0);
  }

  #isUp({ interfaceName, family }: MulticastLink): boolean {
    return this.#links.some(each => each.interfaceName === interfaceName && each.family === family);
  }

  #ask(turn: number): void {
    const [now, before] = [ASKED_AT_MS[turn], turn === 0 ? 0 : ASKED_AT_MS[turn - 1]];
    const wait = now === undefined || before === undefined ? ASKED_AGAIN_MS : now - before;
    this.#cancelQuestion();
    this.#cancelQuestion = this.#clock.after(wait, () => {
      for (const link of this.#links) void this.#send([{ name: SERVICE, type: 'PTR' }], link);
      this.#ask(turn + 1);
    });
  }

  async #send(questions: readonly DnsQuestion[], link: MulticastLink): Promise<void> {
    const sent = await this.#mdns.send({ questions }, link);
    if (this.#closed || sent || this.#links.length > 1) return;
    this.#fail('This machine cannot send mDNS. A firewall may be blocking it.');
  }

  #received({ response, records }: DnsMessage, from: string, link: MulticastLink): void {
    if (this.#closed || !response) return;
    for (const record of records) {
      if (record.type === 'PTR' && sameName(record.name, SERVICE)) this.#service(record.target, record.ttl, from);
    }
    const byTarget = new Map<string, string[]>();
    for (const record of records) {
      if (record.type === 'SRV' || record.type === 'TXT') this.#describe(record);
      else if ((record.type === 'A' || record.type === 'AAAA') && record.ttl > 0) {
        const key = nameKey(record.name);
        byTarget.set(key, [...(byTarget.get(key) ?? []).slice(0, BROWSER_LIMITS.addresses - 1), record.address]);
      }
    }
    if (byTarget.size > 0) this.#addresses(byTarget, from, link);
    this.#askForMissing(link);
    this.#changed();
  }

  #service(name: DnsName, ttl: number, from: string): void {
    if (name.length !== SERVICE.length + 1 || !sameName(name.slice(1), SERVICE)) return;
    const key = nameKey(name);
    const known = this.#instances.get(key);
    if (ttl === 0) {
      this.#instances.delete(key);
      this.#unheld.delete(key);
      return;
    }
    const expires = this.#clock.now() + Math.min(ttl, BROWSER_LIMITS.age) * 1000;
    if (known) {
      known.expires = expires;
      return;
    }
    const all = [...this.#instances.values()];
    const ofOne = all.filter(each => each.from === from).length;
    if (all.length >= BROWSER_LIMITS.sharers || ofOne >= BROWSER_LIMITS.sharersOfOne) {
      if (this.#unheld.size < BROWSER_LIMITS.sharers) this.#unheld.add(key);
      return;
    }
    this.#unheld.delete(key);
    this.#instances.set(key, {
      name,
      from,
      expires,
      port: null,
      target: null,
      targetKey: null,
      texts: [],
      addresses: [],
    });
  }

  #describe(record: DnsRecord): void {
    const instance = this.#instances.get(nameKey(record.name));
    if (!instance || record.ttl === 0) return;
    if (record.type === 'TXT') instance.texts = record.texts;
    else if (record.type === 'SRV') {
      // Another machine took the name: the known addresses belong to the old one.
      const key = nameKey(record.target);
      if (instance.targetKey !== key) instance.addresses = [];
      instance.port = record.port > 0 ? record.port : null;
      instance.target = record.target;
      instance.targetKey = key;
    }
  }

  /** Addresses received on an interface replace earlier ones from that interface. */
  #addresses(byTarget: ReadonlyMap<string, readonly string[]>, from: string, link: MulticastLink): void {
    for (const instance of this.#instances.values()) {
      const found = instance.targetKey !== null && byTarget.get(instance.targetKey);
      if (!found) continue;
      const others = instance.addresses.filter(each => each.link.interfaceName !== link.interfaceName);
      const here = instance.addresses.filter(each => each.link.interfaceName === link.interfaceName);
      const texts = new Set(found);
      const sender = from.replace(/%.*$/, '');
      const now = found.flatMap(text => addressOf(text, sender, link));
      // The message over the other IP version may have the addresses that this one lacks.
      const kept = here.filter(each => each.link.family !== link.family && !texts.has(each.text.replace(/%.*$/, '')));
      instance.addresses = [...now, ...kept, ...others].slice(0, BROWSER_LIMITS.addresses);
    }
  }

  /** Programs may omit known records from an answer. */
  #askForMissing(link: MulticastLink): void {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#questions.second) this.#questions = { second, count: 0 };
    for (const { name, port, target, addresses } of this.#instances.values()) {
      if (port !== null && addresses.length > 0) continue;
      if (this.#questions.count >= BROWSER_LIMITS.questions) return;
      this.#questions.count++;
      const questions: DnsQuestion[] =
        target === null
          ? [
              { name, type: 'SRV' },
              { name, type: 'TXT' },
            ]
          : [
              { name: target, type: 'A' },
              { name: target, type: 'AAAA' },
            ];
      void this.#send(questions, link);
    }
  }

  #sweep(): void {
    this.#cancelSweep = this.#clock.after(SWEEP_MS, () => {
      const now = this.#clock.now();
      for (const [key, { expires }] of this.#instances) {
        if (expires <= now) this.#instances.delete(key);
      }
      // Sharers beyond the limit are counted again as they answer.
      if (this.#instances.size < BROWSER_LIMITS.sharers) this.#unheld.clear();
      this.#changed();
      this.#sweep();
    });
  }

  #changed(): void {
    if (this.#closed || this.#telling) return;
    this.#telling = this.#clock.after(TELL_MS, () => {
      this.#telling = null;
      const found = this.#found();
      const text = JSON.stringify(found);
      if (text === this.#last) return;
      this.#last = text;
      this.#told(found);
    });
  }

  #found(): FoundSharers {
    const sharers = [...this.#instances].flatMap(([id, instance]) => sharerOf(id, instance) ?? []);
    sharers.sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
    return { sharers, more: this.#unheld.size, problem: this.#problem };
  }
}

/** An address in the form in which this machine can connect to it; none if it is no address to connect to. */
function addressOf(text: string, sender: string, link: MulticastLink): Address[] {
  if (isLoopback(text) || isForMany(text) || !bytesOfAddress(text).some(byte => byte !== 0)) return [];
  if (lacksZone(text)) return [{ text: `${text}%${link.interfaceName}`, rank: 2, link }];
  const rank = text === sender ? 0 : isIPv4(text) ? 1 : 3;
  return [{ text, rank, link }];
}

function textOf(texts: readonly string[], key: string): string | null {
  const found = texts.find(text => text.toLowerCase().startsWith(`${key}=`));
  return found === undefined ? null : plainText(found.slice(key.length + 1), BROWSER_LIMITS.text);
}

/** Null until enough is known to connect. */
function sharerOf(id: string, { name, port, addresses, texts }: Instance): FoundSharer | null {
  const best = [...addresses].sort((a, b) => a.rank - b.rank)[0];
  if (port === null || best === undefined) return null;
  return {
    id,
    name: plainText(name[0]!).trim() || best.text,
    address: best.text,
    port,
    wire: 'rfb',
    encryption: textOf(texts, 'encryption'),
    interfaceName: best.link.interfaceName,
  };
}
