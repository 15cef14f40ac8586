import type { BakeoffFrames, EncodingChoice, SentAs } from '../../bakeoff.js';

/** One encoding to be tried. */
export interface Candidate {
  readonly choice: EncodingChoice;
  /** The levels with the same result. */
  readonly levels: { readonly least: number; readonly most: number } | null;
  /** Whether the thread pool can encode its units in parallel. */
  readonly pooled: boolean;
}

/** A frame as a set of units. */
export interface TrialFrame {
  /** The units to encode for it, and the units whose bytes it contains. */
  readonly encoded: readonly number[];
  readonly sent: readonly number[];
  /** The bytes of its headers, given those of its units. */
  readonly overhead: (unitBytes: number) => number;
  /** Its size as plain RGB. */
  readonly rawBytes: number;
  /** The size of the frame relative to the part that is tried. */
  readonly scale: number;
  /** Whether it is large enough for the thread pool. */
  readonly pooled: boolean;
}

/**
 * The last frames of a viewer, in units that are encoded one at a time from a private copy, independently of the
 * updates sent meanwhile.
 */
export interface EncodeTrial {
  readonly about: BakeoffFrames;
  readonly candidates: readonly Candidate[];
  readonly present: SentAs;
  readonly units: number;
  readonly frames: readonly TrialFrame[];
  /**
   * Encodes a unit synchronously.
   * @returns its bytes
   */
  encode(unit: number, candidate: Candidate): number;
  /** Frees its copies. */
  free(): void;
}

export function sameChoice(a: EncodingChoice, b: EncodingChoice): boolean {
  const jpeg = a.jpeg?.quality === b.jpeg?.quality && a.jpeg?.subsampling === b.jpeg?.subsampling;
  return jpeg && a.encoding === b.encoding && a.level === b.level;
}
