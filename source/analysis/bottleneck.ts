/** What is known of a share when the verdict is asked for; times are milliseconds a frame. */
export interface ShareTimes {
  /** Changed frames a second and viewer that left. */
  readonly fps: number;
  readonly fpsCap: number;
  readonly stagesMs: {
    readonly capture: number;
    readonly detect: number;
    readonly encode: number;
    readonly send: number;
  };
  /** How long a change that was due had to wait until some viewer could take it, compression of the one before included. */
  readonly heldMs: number;
}

/** Within this of the cap, the cap is what limits. */
const NEAR_CAP = 0.93;
/** A stage limits when it is busy for that much of the time; with less there is room for more frames. */
const BUSY = 0.6;

/**
 * One line that names what limits the frame rate of a share, or null while nothing moves. Capture and compression of
 * neighbouring frames overlap, so that the longest stage alone sets the rate, not their sum.
 */
export function shareBottleneck({ fps, fpsCap, stagesMs, heldMs }: ShareTimes): string | null {
  if (fps < 1) return null;
  if (fps >= fpsCap * NEAR_CAP) return `at the cap of ${fpsCap} fps`;
  const stages = [
    { name: 'capture', ms: stagesMs.capture + stagesMs.detect },
    { name: 'compress', ms: stagesMs.encode },
    { name: 'the network or the viewer', ms: Math.max(stagesMs.send, heldMs) },
  ];
  const longest = stages.reduce((most, stage) => (stage.ms > most.ms ? stage : most));
  if ((fps * longest.ms) / 1000 < BUSY)
    return `limited by how often the screen changes, ${Math.round(fps)} times a second`;
  return `limited by ${longest.name}, ${longest.ms < 10 ? longest.ms.toFixed(1) : Math.round(longest.ms)} ms`;
}
