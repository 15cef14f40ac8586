/** `missing`: cannot work here. `warning`: works, but worse than it could, or not with every peer. */
export type FindingStatus = 'ok' | 'warning' | 'missing';

/** One line of `peerglass doctor`. */
export interface Finding {
  /** A short name, which scripts can match on. */
  readonly check: string;
  readonly status: FindingStatus;
  /** One line. */
  readonly text: string;
  /** The remedy, one or more lines; empty: nothing to do. */
  readonly remedy: string;
}

/** Capabilities of the terminal that the program runs in. */
export interface TerminalFacts {
  readonly isTerminal: boolean;
  /** Bits, as `tty.WriteStream.getColorDepth` answers; 1 where colours are not wanted. */
  readonly colourDepth: number;
  readonly utf8: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly background: 'dark' | 'light' | null;
}
