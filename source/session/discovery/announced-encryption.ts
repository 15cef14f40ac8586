import type { ShareOptions } from '../share-options.js';

/** What encrypts, as announced on the network, and for people. */
const SHOWN: ReadonlyMap<string, string> = new Map([
  ['cpace', 'CPace'],
  ['rsa-aes', 'RSA-AES'],
  ['tls', 'TLS'],
]);
const NONE = 'none';

/** The ways to encrypt that a share offers, the one that peerglass uses first: "cpace,rsa-aes,tls", or "none". */
export function announcedEncryption({ encrypt, access }: Pick<ShareOptions, 'encrypt' | 'access'>): string {
  if (encrypt === 'off') return NONE;
  // RSA-AES has no login without a password.
  return [...SHOWN.keys()].filter(way => way !== 'rsa-aes' || access === 'code').join();
}

/** For people, what protects the picture of a sharer that announces this: "encrypted (CPace)"; empty: it does not say. */
export function encryptionText(announced: string | null): string {
  if (announced === null) return '';
  if (announced === NONE) return 'not encrypted';
  const first = announced.split(',')[0]!;
  return `encrypted (${SHOWN.get(first) ?? first})`;
}
