/** How a page came, and what its connection is protected with; undefined: that is not known yet; null: nothing. */
export interface Protection {
  readonly https: boolean;
  readonly encryption: string | null | undefined;
}

/** What somebody must know who watches over this connection. Nothing here promises more than is true. */
export function protectionText({ https, encryption }: Protection): string {
  if (https) return 'Encrypted by https, as far as the certificate is the right one.';
  if (encryption === undefined) return 'This page came over plain http: somebody in between could have changed it.';
  if (encryption === null) return 'Not encrypted: whoever can listen on this network sees the picture too.';
  return 'Protected against listeners, not against somebody who can change this page on its way.';
}

/** The same in a few words, for the bar. */
export function protectionWords({ https, encryption }: Protection): string {
  if (https) return 'https';
  return encryption ? 'protected against listeners only' : 'not encrypted';
}
