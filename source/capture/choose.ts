import type { Clock } from '../core/clock.js';
import { PeerglassError } from '../core/errors.js';
import type { Size } from '../core/rectangle.js';
import { systemClock } from '../node/clock.js';
import type { CaptureSource } from './capture-source.js';
import { PatternSource } from './pattern/pattern-source.js';
import { ReplaySource } from './replay/replay-source.js';
import { ScreenshotsSource } from './screenshots/screenshots-source.js';
import type { ShareTarget, SourceChoice } from './share-target.js';
import { isWayland } from './wayland-session.js';
import { LastingX11Source } from './x11/lasting-source.js';
import { X11Source } from './x11/x11-source.js';

export interface SourceRequest {
  readonly source: SourceChoice;
  readonly target: ShareTarget;
  /** The X display, or null for $DISPLAY. */
  readonly display: string | null;
  readonly patternSize: Size;
}

/** What the choice depends on besides the request. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly environment: NodeJS.ProcessEnv;
  readonly clock: Clock;
}

const SYSTEM: Surroundings = { platform: process.platform, environment: process.env, clock: systemClock };

/** A way to capture a real screen, and why that one. */
export interface ScreenChoice {
  readonly kind: 'x11' | 'screenshots';
  readonly why: string;
}

/**
 * The source that was asked for, or the best that works here. It is not open yet. The pattern never takes the place of a
 * real screen: it has to be asked for.
 *
 * @throws PeerglassError E_NO_DISPLAY
 */
export function chooseSource(request: SourceRequest, surroundings: Surroundings = SYSTEM): CaptureSource {
  const { source, target, display } = request;
  const { clock, environment, platform } = surroundings;
  if (source.kind === 'pattern') return new PatternSource(request.patternSize, 'asked for', clock);
  if (source.kind === 'replay') return new ReplaySource(source.file, 'asked for', clock);
  const { kind, why } = chooseScreen(source.kind, display, surroundings);
  if (kind === 'x11') {
    const options = { display: display ?? environment.DISPLAY ?? null, target, why };
    return target.kind === 'window' ? new X11Source(options) : new LastingX11Source(options, clock);
  }
  return new ScreenshotsSource({ target, display, why, clock, platform, environment });
}

/**
 * @param wanted `auto` looks for a Wayland session first: the X server that it runs beside does not show its windows
 * @throws PeerglassError E_NO_DISPLAY
 */
export function chooseScreen(
  wanted: 'auto' | ScreenChoice['kind'],
  display: string | null,
  { platform, environment }: Surroundings = SYSTEM,
): ScreenChoice {
  const name = display ?? environment.DISPLAY ?? '';
  const wayland = platform !== 'darwin' && platform !== 'win32' && isWayland(environment);
  if (wanted === 'screenshots') return { kind: 'screenshots', why: 'asked for' };
  if (wanted === 'x11') {
    if (!wayland || display !== null) return { kind: 'x11', why: `asked for, and X11 display ${name} answers` };
    return { kind: 'x11', why: 'asked for; in this Wayland session it can share single windows of X programs' };
  }
  if (platform === 'darwin') return { kind: 'screenshots', why: 'this is macOS' };
  if (platform === 'win32') return { kind: 'screenshots', why: 'this is Windows' };
  if (display !== null) return { kind: 'x11', why: `X11 display ${name} answers` };
  if (wayland) return { kind: 'screenshots', why: 'this is a Wayland session' };
  if (name !== '') return { kind: 'x11', why: `X11 display ${name} answers` };
  throw noDisplay();
}

function noDisplay(): PeerglassError {
  const remedy =
    'Run peerglass inside a graphical session, or name its display with --display :0. The test pattern needs none: --source pattern.';
  return new PeerglassError('E_NO_DISPLAY', 'There is no screen to share: DISPLAY is not set.', remedy);
}
