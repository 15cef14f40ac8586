/** What somebody must know who watches over this connection; nothing here promises more than is true. */
export function protectionText(https: boolean, encryption: string | null): string {
  if (https) return 'Encrypted by https, as far as the certificate is the right one.';
  if (encryption !== null) {
    return 'Protected against listeners, not against somebody who can change this page on its way.';
  }
  return 'Not encrypted: whoever can listen on this network sees the picture too.';
}
