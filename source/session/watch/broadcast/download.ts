/** A resource of a broadcast on its way here, as Node and browsers both have it. Nothing is read ahead without bound. */
export interface Download {
  /** The HTTP status, as soon as it is known. @throws PeerglassError where nothing answers */
  head(): Promise<number>;
  /** The next bytes, valid until the next call; null at the end. @throws PeerglassError when the response breaks off */
  read(): Promise<Uint8Array | null>;
  /** Safe to call at any time. What waits for it is rejected. */
  cancel(): void;
}

/** @param resource its name, e.g. "u/7" */
export type StartDownload = (resource: string) => Download;
