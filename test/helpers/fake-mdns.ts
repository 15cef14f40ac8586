import { type DnsMessage, type DnsRecord, decodeMessage, encodeMessage } from '../../source/protocols/mdns/message.js';
import type { Mdns, MdnsEvents, OpenMdns } from '../../source/session/discovery/mdns.js';
import type { MulticastLink } from '../../source/transport/multicast.js';

export const EMPTY: DnsMessage = { response: false, questions: [], records: [], wanted: [] };

/** An interface of a machine in the fake network. */
export function link(address: string, interfaceName = 'eth0'): MulticastLink {
  return { interfaceName, family: 4, addresses: [address] };
}

interface Member {
  readonly events: MdnsEvents;
  readonly address: string;
  links: readonly MulticastLink[];
}

/** A network on which every machine hears every other one, and itself, through the real messages' bytes. */
export class FakeMdns {
  /** All messages so far, the newest last. */
  readonly said: { readonly from: string; readonly message: DnsMessage }[] = [];
  /** Whether sending fails. */
  mute = false;
  readonly #members = new Set<Member>();

  /** Number of machines that take part. */
  get size(): number {
    return this.#members.size;
  }

  /** The multicast opener for a machine at that address. */
  at(address: string): OpenMdns {
    return events => this.#join({ events, address, links: [link(address)] });
  }

  /** Replaces the machine's network interfaces. */
  relink(address: string, links: readonly MulticastLink[]): void {
    for (const member of this.#members) {
      if (member.address !== address) continue;
      member.links = links;
      member.events.joined(links);
    }
  }

  /** Sends any message from that address. */
  say(from: string, message: Partial<DnsMessage>): void {
    this.#hear(from, { ...EMPTY, ...message });
  }

  /** Answers with these records. */
  answer(from: string, ...records: DnsRecord[]): void {
    this.say(from, { response: true, records });
  }

  #join(member: Member): Mdns {
    this.#members.add(member);
    member.events.joined(member.links);
    return {
      send: async message => {
        if (this.mute) return false;
        this.#hear(member.address, { ...EMPTY, ...message });
        return true;
      },
      close: async () => {
        this.#members.delete(member);
      },
    };
  }

  #hear(from: string, message: DnsMessage): void {
    const read = decodeMessage(encodeMessage(message));
    if (read === null) throw new Error('a message that nobody can read');
    this.said.push({ from, message: read });
    for (const { events, links } of [...this.#members]) {
      if (links[0]) events.received(read, from, links[0]);
    }
  }
}
