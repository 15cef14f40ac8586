/** One thing to time by itself. */
export interface MicroCase {
  /** Stage first: "encode tight, page 1920x1080". */
  readonly name: string;
  /** Pixels that one run deals with. */
  readonly pixels: number;
  /** Bytes that one run puts out (encoders) or takes in (decoders), or reads and writes (kernels); null says nothing. */
  bytes: number | null;
  /** Makes the next run do the same work again; not timed. */
  readonly prepare?: () => void;
  readonly run: () => unknown;
}

export interface MicroResult {
  readonly name: string;
  /** Median, and the middle half of the runs. */
  readonly ms: number;
  readonly quarter: number;
  readonly threeQuarters: number;
  readonly megapixelsPerSecond: number;
  readonly bytes: number | null;
  readonly megabytesPerSecond: number | null;
}
