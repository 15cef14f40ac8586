import { type DnsMessage, type DnsName, decodeMessage, encodeMessage } from '../../protocols/mdns/message.js';
import { type Multicast, type MulticastLink, openMulticast } from '../../transport/multicast.js';

/** The service that VNC programs look for. */
export const SERVICE: DnsName = ['_rfb', '_tcp', 'local'];

/** The groups and port of multicast DNS (RFC 6762, 3). */
const GROUP = { port: 5353, address: { 4: '224.0.0.251', 6: 'ff02::fb' } } as const;

export interface MdnsEvents {
  received(message: DnsMessage, from: string, link: MulticastLink): void;
  joined(links: readonly MulticastLink[]): void;
  /** One sentence, reported once. */
  failed(problem: string): void;
}

export interface Mdns {
  /** Sends on one interface; false if the system refuses. */
  send(message: Partial<DnsMessage>, link: MulticastLink): Promise<boolean>;
  close(): Promise<void>;
}

export type OpenMdns = (events: MdnsEvents) => Mdns;

function problemOf(code: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Another program keeps UDP port ${GROUP.port} (mDNS) for itself.`;
    case 'EACCES':
    case 'EPERM':
      return `The system does not let this user listen on UDP port ${GROUP.port} (mDNS).`;
    default:
      return `Listening on UDP port ${GROUP.port} (mDNS) failed (${code}).`;
  }
}

/** `off`: no mDNS traffic at all, for tests and for users who do not want it. */
const MDNS_VARIABLE = 'PEERGLASS_MDNS';

export function mdnsIsOff(): boolean {
  return process.env[MDNS_VARIABLE] === 'off';
}

const NO_MDNS: Mdns = { send: async () => false, close: async () => {} };

/** Multicast DNS on every network interface. Never throws: problems are reported. */
export const openMdns: OpenMdns = events => {
  if (mdnsIsOff()) {
    setImmediate(() => events.failed(`${MDNS_VARIABLE} is off.`));
    return NO_MDNS;
  }
  const multicast: Multicast = openMulticast(GROUP, {
    received(bytes, from, link) {
      const message = decodeMessage(bytes);
      if (message) events.received(message, from, link);
    },
    joined: links => events.joined(links),
    failed: code => events.failed(problemOf(code)),
  });
  return {
    send: ({ response = false, questions = [], records = [], wanted = [] }, link) =>
      multicast.send(encodeMessage({ response, questions, records, wanted }), link),
    close: () => multicast.close(),
  };
};
