import { Resolver } from 'node:dns/promises';

/** A name server that does not answer in that time has no answer. */
const TIMEOUT_MS = 2000;

/** Asks the system's name servers, and its file of hosts, what an address is called. */
export function lookUpName(address: string): { readonly names: Promise<readonly string[]>; cancel(): void } {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 });
  return { names: resolver.reverse(address), cancel: () => resolver.cancel() };
}
