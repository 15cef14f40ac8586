/** Where a sharer is. A null port means: try the rfb port, then the classic one. */
export interface PeerAddress {
  readonly host: string;
  readonly port: number | null;
}
