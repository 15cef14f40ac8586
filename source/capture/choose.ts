import type { Clock } from '../core/clock.js';
import { PeerglassError } from '../core/errors.js';
import { plainText } from '../core/plain-text.js';
import type { Size } from '../core/rectangle.js';
import { systemClock } from '../node/clock.js';
import { stateFolder } from '../node/state-folder.js';
import type { CaptureSource } from './capture-source.js';
import { PatternSource } from './pattern/pattern-source.js';
import { PortalSource } from './portal/portal-source.js';
import { ReconnectingSource } from './reconnecting-source.js';
import { ScreenshotsSource } from './screenshots/screenshots-source.js';
import { screenTargets } from './screenshots/shot-process.js';
import type { ScreenTargets, ShareTarget } from './share-target.js';
import type { ChoiceOf, SourceChoice, SourceKind } from './source-kinds.js';
import { directProtocol, waylandTargets } from './wayland/targets.js';
import { WaylandSource } from './wayland/wayland-source.js';
import { isWayland, x11Targets } from './x11/targets.js';
import { X11Source } from './x11/x11-source.js';

/** A recording is decoded, like what a viewer receives, and not captured. */
type CapturedChoice = Exclude<SourceChoice, { readonly kind: 'replay' }>;
type CapturedKind = Exclude<SourceKind, 'replay'>;

export interface SourceRequest {
  readonly source: CapturedChoice;
  readonly target: ShareTarget;
  /** The X display, or null for $DISPLAY. */
  readonly display: string | null;
  readonly patternSize: Size;
}

/** What the choice depends on besides the request. */
export interface CaptureEnvironment {
  readonly platform: NodeJS.Platform;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
}

const SYSTEM: CaptureEnvironment = { platform: process.platform, environment: process.env, clock: systemClock };

/** A way to capture. */
interface Source<Kind extends CapturedKind> {
  /** The source, not open yet. @param why the reason for this source, as text */
  create(request: SourceRequest, choice: ChoiceOf<Kind>, why: string, surroundings: CaptureEnvironment): CaptureSource;
  /** Present where real screens are captured. */
  readonly screen?: {
    /**
     * Why `auto` chooses this source here, as text; null if it is for other systems.
     * @throws PeerglassError which says what it lacks here, if it would be the right one otherwise
     */
    auto(display: string | null, surroundings: CaptureEnvironment): string | null | Promise<string | null>;
    /** The reason to show when the user asked for this source. */
    asked(display: string | null, surroundings: CaptureEnvironment): string;
    /** The monitors and windows that it can share. */
    targets(display: string | null, surroundings: CaptureEnvironment): Promise<ScreenTargets>;
  };
}

const ASKED = 'as chosen';
const NO_DIRECT_WAY = 'the Wayland compositor offers no direct capture, so the desktop asks which screen';

/** All sources that are captured. `auto` takes the first that gives a reason. */
const SOURCES: { readonly [Kind in CapturedKind]: Source<Kind> } = {
  x11: {
    create({ target, display }, _, why, { environment, clock }) {
      const options = { display: display ?? environment.DISPLAY ?? null, target, why };
      if (target.kind === 'window') return new X11Source(options);
      return new ReconnectingSource(part => new X11Source({ ...options, part }), 'an X server', clock);
    },
    screen: {
      auto(display, surroundings) {
        const name = displayName(display, surroundings);
        // The X server that a Wayland session runs beside does not show its windows.
        const seen = display !== null || !showsWayland(surroundings);
        return !isForeign(surroundings) && seen && name !== '' ? `X11 display ${name} answers` : null;
      },
      asked(display, surroundings) {
        const name = displayName(display, surroundings);
        if (!showsWayland(surroundings) || display !== null) return `${ASKED}, and X11 display ${name} answers`;
        return `${ASKED}; in this Wayland session it can share single windows of X programs`;
      },
      targets: (display, { environment }) => x11Targets(display, environment),
    },
  },
  wayland: {
    create({ target }, _, why, { environment, clock }) {
      const options = { target, why, environment, clock };
      if (target.kind === 'window') return new WaylandSource(options);
      return new ReconnectingSource(part => new WaylandSource({ ...options, part }), 'a compositor', clock);
    },
    screen: {
      async auto(display, surroundings) {
        if (display !== null || !showsWayland(surroundings)) return null;
        return directly(await directProtocol(surroundings.environment, surroundings.clock), surroundings);
      },
      asked: () => ASKED,
      targets: (_, { environment, clock }) => waylandTargets(environment, clock),
    },
  },
  portal: {
    create: ({ target }, _, why, { environment, clock }) =>
      new PortalSource({ target, why, clock, environment, stateFolder: stateFolder(environment) }),
    screen: {
      auto: (display, surroundings) => (display === null && showsWayland(surroundings) ? NO_DIRECT_WAY : null),
      asked: () => ASKED,
      // Which of them is shared, and which window, the dialog of the desktop asks.
      targets: (_, { environment, clock }) =>
        waylandTargets(environment, clock)
          .then(({ monitors }) => ({ monitors, windows: [] }))
          .catch(() => ({ monitors: [], windows: [] })),
    },
  },
  screenshots: {
    create: ({ target, display }, _, why, surroundings) =>
      new ScreenshotsSource({ target, display, why, ...surroundings }),
    screen: {
      auto(_, { platform }) {
        if (platform === 'darwin') return 'this is macOS';
        return platform === 'win32' ? 'this is Windows' : null;
      },
      asked: () => ASKED,
      targets: (_, { environment }) => screenTargets({ environment }),
    },
  },
  pattern: { create: ({ patternSize }, _, why, { clock }) => new PatternSource(patternSize, why, clock) },
};

/** A kind of source, and why it was chosen. */
export interface ScreenChoice {
  readonly kind: CapturedKind;
  readonly why: string;
}

/**
 * The source that was asked for, or the best one for this system. It is not open yet. The test pattern never replaces a
 * real screen: it must be asked for.
 *
 * @throws PeerglassError E_NO_DISPLAY
 */
export async function chooseSource(
  request: SourceRequest,
  surroundings: CaptureEnvironment = SYSTEM,
): Promise<CaptureSource> {
  const { source, display } = request;
  const { kind, why } = await chooseScreen(source.kind, display, surroundings);
  const create = SOURCES[kind].create as Source<CapturedKind>['create'];
  return create(request, source as ChoiceOf<CapturedKind>, why, surroundings);
}

/**
 * The kind of source to use, and why.
 *
 * @throws PeerglassError E_NO_DISPLAY, or what the source for this system lacks
 */
export async function chooseScreen(
  wanted: CapturedChoice['kind'],
  display: string | null,
  surroundings: CaptureEnvironment = SYSTEM,
): Promise<ScreenChoice> {
  if (wanted !== 'auto') {
    return { kind: wanted, why: SOURCES[wanted].screen?.asked(display, surroundings) ?? ASKED };
  }
  let lacking: PeerglassError | null = null;
  for (const kind of Object.keys(SOURCES) as CapturedKind[]) {
    try {
      const why = (await SOURCES[kind].screen?.auto(display, surroundings)) ?? null;
      if (why !== null) return { kind, why };
    } catch (error) {
      if (!(error instanceof PeerglassError)) throw error;
      // The last one is the most general: what it lacks is worth getting.
      lacking = error;
    }
  }
  throw lacking ?? noDisplay();
}

/**
 * The monitors and windows that the source chosen by `auto` can share.
 *
 * @throws PeerglassError E_NO_DISPLAY, and the errors of the source's own listing
 */
export async function targetsHere(
  display: string | null,
  surroundings: CaptureEnvironment = SYSTEM,
): Promise<ScreenChoice & ScreenTargets> {
  const choice = await chooseScreen('auto', display, surroundings);
  const none = { monitors: [], windows: [] };
  return { ...choice, ...((await SOURCES[choice.kind].screen?.targets(display, surroundings)) ?? none) };
}

function displayName(display: string | null, { environment }: CaptureEnvironment): string {
  return display ?? environment.DISPLAY ?? '';
}

/** Whether the system uses neither X11 nor Wayland. */
function isForeign({ platform }: CaptureEnvironment): boolean {
  return platform === 'darwin' || platform === 'win32';
}

function showsWayland(surroundings: CaptureEnvironment): boolean {
  return !isForeign(surroundings) && isWayland(surroundings.environment);
}

/** "sway offers ext-image-copy-capture". */
function directly(protocol: string, { environment }: CaptureEnvironment): string {
  const desktop = plainText(environment.XDG_CURRENT_DESKTOP ?? '', 30);
  const painted = protocol === 'wlr-screencopy' ? ', which paints the pointer into the picture' : '';
  return `${desktop === '' ? 'the Wayland compositor' : desktop} offers ${protocol}${painted}`;
}

function noDisplay(): PeerglassError {
  const remedy =
    'Run peerglass inside a graphical session, or name its display with --display :0. The test pattern needs none: --source pattern.';
  return new PeerglassError('E_NO_DISPLAY', 'There is no screen to share: DISPLAY is not set.', remedy);
}
