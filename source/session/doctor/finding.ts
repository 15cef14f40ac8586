/** `missing`: something that cannot work here; `warning`: it works, but worse than it could, or not with everybody. */
export type FindingStatus = 'ok' | 'warning' | 'missing';

/** What `peerglass doctor` found out about one thing. */
export interface Finding {
  /** A short name, which scripts can match on. */
  readonly check: string;
  readonly status: FindingStatus;
  /** One line. */
  readonly text: string;
  /** What to do about it, one or more lines; empty where there is nothing to do. */
  readonly remedy: string;
}

/** What a terminal can do, as the program that has it sees it. */
export interface TerminalFacts {
  readonly isTerminal: boolean;
  /** Bits, as `tty.WriteStream.getColorDepth` answers; 1 where colours are not wanted. */
  readonly colourDepth: number;
  readonly utf8: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly background: 'dark' | 'light' | null;
}
