import { expect, test } from 'vitest';
import {
  type CaptureEnvironment,
  chooseScreen,
  chooseSource,
  type SourceRequest,
} from '../../source/capture/choose.js';
import { PatternSource } from '../../source/capture/pattern/pattern-source.js';
import { PortalSource } from '../../source/capture/portal/portal-source.js';
import { ReconnectingSource } from '../../source/capture/reconnecting-source.js';
import { ScreenshotsSource } from '../../source/capture/screenshots/screenshots-source.js';
import { listTargets } from '../../source/session/targets.js';
import { FakeClock } from '../helpers/fake-clock.js';

function surroundings(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv = {}): CaptureEnvironment {
  return { platform, environment, clock: new FakeClock() };
}
const NO_DIRECT_WAY = 'the Wayland compositor offers no direct capture, so the desktop asks which screen';
const X11 = { DISPLAY: ':0' };
const WAYLAND = { DISPLAY: ':0', WAYLAND_DISPLAY: 'wayland-0' };

test.each([
  ['linux', X11, null, 'x11', 'X11 display :0 answers'],
  ['linux', WAYLAND, null, 'portal', NO_DIRECT_WAY],
  ['linux', { ...X11, XDG_SESSION_TYPE: 'wayland' }, null, 'portal', NO_DIRECT_WAY],
  ['linux', { ...X11, XDG_SESSION_TYPE: 'x11' }, null, 'x11', 'X11 display :0 answers'],
  ['linux', WAYLAND, ':7', 'x11', 'X11 display :7 answers'],
  ['freebsd', X11, null, 'x11', 'X11 display :0 answers'],
  ['darwin', X11, null, 'screenshots', 'this is macOS'],
  ['win32', {}, null, 'screenshots', 'this is Windows'],
] as const)('on %s with %j and --display %s: %s', async (platform, environment, display, kind, why) => {
  expect(await chooseScreen('auto', display, surroundings(platform, environment))).toEqual({ kind, why });
});

test('without any display nothing takes its place', async () => {
  const nothing = expect.objectContaining({
    code: 'E_NO_DISPLAY',
    remedy: expect.stringContaining('--source pattern'),
  });
  await expect(chooseScreen('auto', null, surroundings('linux'))).rejects.toEqual(nothing);
  await expect(chooseSource(request('auto'), surroundings('linux'))).rejects.toEqual(nothing);
});

function request(kind: 'auto' | 'x11' | 'screenshots' | 'pattern'): SourceRequest {
  return { source: { kind }, target: { kind: 'all' }, display: null, patternSize: { width: 64, height: 48 } };
}

test('the requested source is used, even against the session', async () => {
  const wayland = surroundings('linux', WAYLAND);
  expect(await chooseSource(request('x11'), wayland)).toBeInstanceOf(ReconnectingSource);
  expect((await chooseScreen('x11', null, wayland)).why).toContain('Wayland');
  expect(await chooseSource(request('screenshots'), surroundings('linux', X11))).toBeInstanceOf(ScreenshotsSource);
  expect(await chooseSource(request('auto'), wayland)).toBeInstanceOf(PortalSource);
  const pattern = await chooseSource(request('pattern'), surroundings('linux'));
  expect(pattern).toBeInstanceOf(PatternSource);
  expect(pattern.describe()).toMatchObject({ width: 64, height: 48 });
});

test('the x11 source requested without a display says so', async () => {
  const source = await chooseSource(request('x11'), surroundings('linux'));
  await expect(source.open()).rejects.toMatchObject({
    code: expect.stringMatching(/^E_(NO_DISPLAY|DISPLAY_CONNECT)$/),
  });
});

test('targets are listed even where there are none: the reason is given', async () => {
  expect(await listTargets(null, surroundings('linux'))).toMatchObject({
    source: { kind: null, error: { code: 'E_NO_DISPLAY' } },
    monitors: [],
    windows: [],
  });
  expect(await listTargets(':59535', surroundings('linux'))).toMatchObject({
    source: { kind: null, error: { code: 'E_DISPLAY_CONNECT' } },
  });
});
