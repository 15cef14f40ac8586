/** What is known of a share when the verdict is asked for; times are milliseconds a frame. */
export interface ShareTimes {
  /** Changed frames a second that left. */
  readonly fps: number;
  readonly fpsCap: number;
  readonly stagesMs: {
    readonly capture: number;
    readonly detect: number;
    readonly encode: number;
    readonly send: number;
  };
  readonly cpuPercent: number;
}

/** Within this of the cap, the cap is what limits. */
const NEAR = 0.93;

/**
 * One line that names what limits the frame rate of a share, or null while nothing moves. Capture and compression of
 * neighbouring frames overlap, so that the longest stage alone sets the rate, not their sum.
 */
export function shareBottleneck({ fps, fpsCap, stagesMs }: ShareTimes): string | null {
  if (fps < 1) return null;
  if (fps >= fpsCap * NEAR) return `at the cap of ${fpsCap} fps`;
  const stages = [
    { name: 'capture', ms: stagesMs.capture + stagesMs.detect },
    { name: 'compress', ms: stagesMs.encode },
    { name: 'the network or the viewer', ms: stagesMs.send },
  ];
  const longest = stages.reduce((most, stage) => (stage.ms > most.ms ? stage : most));
  // Were the longest stage busy all the time, it would give this many frames a second.
  const possible = 1000 / Math.max(longest.ms, 0.001);
  if (fps < possible * 0.6) return `limited by how often the screen changes, ${Math.round(fps)} times a second`;
  return `limited by ${longest.name}, ${longest.ms < 10 ? longest.ms.toFixed(1) : Math.round(longest.ms)} ms`;
}
