import type { BakeoffFrames, EncodingChoice, SentAs } from '../../bakeoff.js';

/** One way to encode that is tried. */
export interface Candidate {
  readonly choice: EncodingChoice;
  /** The levels that come to the same. */
  readonly levels: { readonly least: number; readonly most: number } | null;
  /** Whether the thread pool can do it, units side by side. */
  readonly pooled: boolean;
}

/** A frame as it is made of units. */
export interface TrialFrame {
  /** Units that are encoded for it, and those whose bytes it holds. */
  readonly encoded: readonly number[];
  readonly sent: readonly number[];
  /** Its bytes besides those of its units, from those. */
  readonly overhead: (unitBytes: number) => number;
  /** Its pixels as plain RGB. */
  readonly rawBytes: number;
  /** How much larger it is than what of it is tried. */
  readonly scale: number;
  /** Whether it is large enough for the thread pool. */
  readonly pooled: boolean;
}

/**
 * The last frames of a viewer, in pieces that are encoded one at a time from a copy of their own: what is sent meanwhile has
 * nothing to do with it.
 */
export interface EncodeTrial {
  readonly about: BakeoffFrames;
  readonly candidates: readonly Candidate[];
  readonly present: SentAs;
  readonly units: number;
  readonly frames: readonly TrialFrame[];
  /** Encodes a unit at once. @returns its bytes */
  encode(unit: number, candidate: Candidate): number;
  /** Gives its copies back. */
  free(): void;
}

export function sameChoice(a: EncodingChoice, b: EncodingChoice): boolean {
  const jpeg = a.jpeg?.quality === b.jpeg?.quality && a.jpeg?.subsampling === b.jpeg?.subsampling;
  return jpeg && a.encoding === b.encoding && a.level === b.level;
}
