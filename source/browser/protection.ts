/** How the page was delivered, and the protection of its connection; undefined: not known yet; null: none. */
export interface Protection {
  readonly https: boolean;
  readonly encryption: string | null | undefined;
}

/** What a user of this connection must know about its security. Nothing here promises too much. */
export function protectionText({ https, encryption }: Protection): string {
  if (https) return 'Encrypted by https, as far as the certificate is the right one.';
  if (encryption === undefined) return 'This page came over plain http: somebody in between could have changed it.';
  if (encryption === null) return 'Not encrypted: anybody who can listen on this network sees the picture too.';
  return 'Protected against eavesdroppers, but not against somebody who can change this page in transit.';
}

/** The same in a few words, for the bar. */
export function protectionWords({ https, encryption }: Protection): string {
  if (https) return 'https';
  return encryption ? 'protected against eavesdroppers only' : 'not encrypted';
}
