import type { PortalAbilities } from '../../capture/portal/screen-cast.js';
import type { Size } from '../../core/rectangle.js';
import type { NativeMode } from '../../native/native-mode.js';
import type { TerminalFacts } from './finding.js';

/** The result of a check, or why there is none. */
export type Probed<Fact> =
  | { readonly ok: true; readonly fact: Fact }
  | { readonly ok: false; readonly problem: string; readonly remedy: string };

/** A capture source, timed on the whole screen. */
export interface CaptureFact extends Size {
  readonly description: string;
  /** The median of a few captures. */
  readonly milliseconds: number;
}

/** Results of the probes that run in processes of their own. */
export interface ApartFacts {
  readonly x11: CaptureFact;
  readonly wayland: CaptureFact;
  readonly portal: PortalAbilities;
  readonly sdl: { readonly version: string; readonly driver: string | null; readonly problem: string };
  /** `name` is null where there is no build for this machine. */
  readonly jpeg: { readonly name: string | null };
  readonly inflate: { readonly name: string };
  /** What decodes film, with its version. */
  readonly videoDecoder: { readonly name: string };
  /** Whether the C library can be called to map memory. */
  readonly memory: { readonly maps: boolean };
  /** H.264 encoders, the best first, e.g. "x264 164". */
  readonly videoEncoders: { readonly names: readonly string[] };
}

export interface PortFact {
  readonly port: number;
  /** Its purpose, and how to choose another port. */
  readonly wire: string;
  readonly flag: string;
  /** Null: it can be bound; else the system's code, e.g. EADDRINUSE. */
  readonly refusal: string | null;
}

/** Input of the findings. */
export interface Facts {
  readonly platform: NodeJS.Platform;
  readonly node: string;
  readonly vectors: boolean;
  /** Cores of this machine that may be used, and how many threads `--threads auto` means now. */
  readonly cores: number;
  readonly threads: number;
  readonly native: Probed<NativeMode>;
  /** The X display and whether it answers; null where DISPLAY is not set. */
  readonly x11: { readonly name: string; readonly capture: Probed<CaptureFact> } | null;
  /** The Wayland compositor, whether it answers, and whether it lets itself be captured; null where there is none. */
  readonly wayland: {
    readonly name: string;
    readonly answers: boolean;
    readonly capture: Probed<CaptureFact>;
    /** What the desktop's portal offers. */
    readonly portal: Probed<PortalAbilities>;
  } | null;
  /** Null: not tried, because nothing could be captured, the display hangs, or it is Wayland's. */
  readonly screenshots: Probed<CaptureFact> | null;
  readonly sdl: Probed<ApartFacts['sdl']>;
  readonly jpeg: Probed<ApartFacts['jpeg']>;
  readonly inflate: Probed<ApartFacts['inflate']>;
  readonly videoDecoder: Probed<ApartFacts['videoDecoder']>;
  readonly memory: Probed<ApartFacts['memory']>;
  readonly videoEncoders: Probed<ApartFacts['videoEncoders']>;
  readonly ports: readonly PortFact[];
  /** A firewall that is active as far as this user can see, and how it opens the port. */
  readonly firewall: { readonly name: string; readonly open: string } | null;
  /** Versions, and for dumpcap the number of devices that it may capture on. */
  readonly dumpcap: Probed<{ readonly version: string; readonly devices: number }>;
  readonly tshark: Probed<{ readonly version: string }>;
  readonly terminal: TerminalFacts;
}

/** The first captures are slower: libraries are loaded, memory is mapped. */
const WARM_UP = 2;
const MEASURED = 5;

/** The median of a few runs, in milliseconds. */
export async function typical(run: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let count = -WARM_UP; count < MEASURED; count++) {
    const began = performance.now();
    await run();
    if (count >= 0) times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[MEASURED >> 1]!;
}
