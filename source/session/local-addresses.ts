import { createSocket } from 'node:dgram';
import os from 'node:os';
import type { LocalAddress } from './app-services.js';

/** Addresses for documentation (RFC 5737, RFC 3849): they belong to nobody, and only the routing table is asked. */
const ELSEWHERE = { 4: '192.0.2.1', 6: '2001:db8::1' } as const;

/** The address that a packet to elsewhere would leave from, or null without such a route. Sends no packet. */
function routeAddress(family: 4 | 6): Promise<string | null> {
  return new Promise(resolve => {
    const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
    const done = (address: string | null): void => {
      socket.close();
      resolve(address);
    };
    socket.once('error', () => done(null));
    socket.connect(9, ELSEWHERE[family], () => done(socket.address().address));
  });
}

function isLinkLocal(address: LocalAddress): boolean {
  return /^(fe80:|169\.254\.)/i.test(address.address);
}

/** Lower sorts first: addresses that the other person can most likely reach and type. */
function rank(address: LocalAddress): number {
  if (isLinkLocal(address)) return 4 + (address.family === 6 ? 1 : 0);
  return (address.defaultRoute ? 0 : 1) + (address.family === 6 ? 2 : 0);
}

export function sortAddresses(addresses: readonly LocalAddress[]): LocalAddress[] {
  return [...addresses].sort((a, b) => rank(a) - rank(b));
}

/** This machine's addresses that a viewer on another machine can type, the default route's first. */
export async function findLocalAddresses(): Promise<LocalAddress[]> {
  const routes = await Promise.all([routeAddress(4), routeAddress(6)]);
  const addresses: LocalAddress[] = [];
  for (const [interfaceName, entries] of Object.entries(os.networkInterfaces())) {
    for (const entry of entries ?? []) {
      if (entry.internal) continue;
      const family = entry.family === 'IPv6' ? 6 : 4;
      const scoped = family === 6 && isScoped(entry.address) ? `${entry.address}%${interfaceName}` : entry.address;
      addresses.push({ address: scoped, family, interfaceName, defaultRoute: routes.includes(entry.address) });
    }
  }
  return sortAddresses(addresses);
}

function isScoped(address: string): boolean {
  return /^fe80:/i.test(address);
}
