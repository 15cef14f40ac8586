import { describe, expect, test } from 'vitest';
import { doctorText } from '../../../source/cli/machine-text.js';
import type { CaptureFact, Facts, Probed } from '../../../source/session/doctor/facts.js';
import { findingsOf, isUsable } from '../../../source/session/doctor/findings.js';

function ok<Fact>(fact: Fact): Probed<Fact> {
  return { ok: true, fact };
}

function no(problem: string, remedy = ''): { ok: false; problem: string; remedy: string } {
  return { ok: false, problem, remedy };
}

const CAPTURED = ok<CaptureFact>({ width: 1920, height: 1080, description: 'monitor 1', milliseconds: 2.34 });

const PORTAL = ok({ version: 5, monitors: true, windows: true, remembers: true });
const NO_PORTAL = no('This desktop shares no screen.', 'Install xdg-desktop-portal.');
const DIRECT = { name: 'wayland-0', answers: true, capture: CAPTURED, portal: PORTAL };
const PORTAL_ONLY = { ...DIRECT, capture: no('The compositor offers no capture.', 'Use --source portal.') };
const NEITHER = { ...PORTAL_ONLY, portal: NO_PORTAL };
const WITHOUT_PART = { ...PORTAL_ONLY, portal: ok({ version: 3, monitors: false, windows: false, remembers: false }) };

const GOOD: Facts = {
  platform: 'linux',
  node: '20.19.0',
  vectors: true,
  cores: 8,
  threads: 7,
  native: ok('on' as const),
  x11: { name: ':0', capture: CAPTURED },
  wayland: null,
  screenshots: CAPTURED,
  sdl: ok({ version: '2.26.5', driver: 'x11', problem: '' }),
  jpeg: ok({ name: 'library' }),
  inflate: ok({ name: 'zlib-sync (zlib 1.3.1)' }),
  videoDecoder: ok({ name: 'libavcodec 59.37' }),
  videoEncoders: ok({ names: ['x264 164', 'OpenH264 2.3.1'] }),
  memory: ok({ maps: true }),
  ports: [{ port: 5900, wire: 'rfb protocol', flag: '--rfb-port', refusal: null }],
  firewall: null,
  dumpcap: ok({ version: '4.0.17', devices: 3 }),
  tshark: ok({ version: '4.0.17' }),
  terminal: { isTerminal: true, colourDepth: 24, utf8: true, columns: 120, rows: 40, background: 'dark' },
};

function found(check: string, facts: Partial<Facts>) {
  return findingsOf({ ...GOOD, ...facts }).find(each => each.check === check)!;
}

describe('a machine where all is well', () => {
  test('has only good findings and no advice', () => {
    const findings = findingsOf(GOOD);
    expect(findings.filter(({ status, remedy }) => status !== 'ok' || remedy !== '')).toEqual([]);
    expect(new Set(findings.map(({ check }) => check)).size).toBe(findings.length);
    expect(isUsable(findings)).toBe(true);
  });

  test('has the speed of each capture method', () => {
    expect(found('capture-x11', {}).text).toBe('capture by X11: 1920x1080 in 2.3 ms, at most about 427 per second');
  });
});

describe('a fault is reported with its remedy', () => {
  const SLOW = ok<CaptureFact>({ width: 1920, height: 1080, description: 'monitor 1', milliseconds: 90 });

  test.each<[string, Partial<Facts>]>([
    ['nothing answers and no probe knows why', { x11: { name: ':0', capture: no('hangs') }, screenshots: no('hangs') }],
    ['no display', { x11: null, screenshots: null }],
    ['captures are slow', { x11: { name: ':0', capture: SLOW }, screenshots: SLOW }],
    ['macOS', { platform: 'darwin', x11: null, screenshots: no('hangs') }],
  ])('each has advice: %s', (_what, screens) => {
    const rest = no('does not answer within 6 s');
    const none = {
      sdl: rest,
      jpeg: rest,
      inflate: rest,
      videoDecoder: rest,
      videoEncoders: rest,
      memory: rest,
      dumpcap: rest,
      tshark: rest,
    };
    const facts: Facts = {
      ...GOOD,
      ...none,
      node: '18.0.0',
      vectors: false,
      native: no('It is not "perhaps".'),
      wayland: null,
      ports: GOOD.ports.map(port => ({ ...port, refusal: 'EADDRINUSE' })),
      ...screens,
    };
    const idle = findingsOf(facts).filter(({ status, remedy }) => status !== 'ok' && remedy === '');
    expect(idle).toEqual([]);
  });

  test.each<[string, Partial<Facts>, string, RegExp, RegExp]>([
    ['node', { node: '20.9.0' }, 'warning', /older than 20\.19/, /newer/],
    ['wasm-simd', { vectors: false }, 'warning', /SSE4\.1|SIMD/, /virtual machine|processor/],
    ['threads', {}, 'ok', /^7 threads .* 8 cores/, /^$/],
    ['threads', { cores: 2, threads: 1 }, 'ok', /^one thread .* 2 cores/, /^$/],
    ['native', { native: ok('off') }, 'warning', /TypeScript only/, /PEERGLASS_NATIVE/],
    ['native', { native: ok('safe') }, 'warning', /no memory shared/, /PEERGLASS_NATIVE/],
    ['native', { native: no('It is not "perhaps".', 'Leave it out.') }, 'missing', /not "perhaps"/, /Leave/],
    ['jpeg', { native: ok('off'), jpeg: ok({ name: null }) }, 'warning', /without JPEG/, /^Unset PEERGLASS_NATIVE/],
    ['x11', { x11: null }, 'missing', /DISPLAY is not set/, /--source pattern/],
    ['x11', { x11: { name: ':7', capture: no('does not answer within 6 s') } }, 'warning', /:7: does not/, /xdpyinfo/],
    [
      'wayland',
      { wayland: { name: 'wayland-0', answers: false, capture: no('not tested'), portal: NO_PORTAL } },
      'warning',
      /does not answer/,
      /XDG_RUNTIME_DIR/,
    ],
    ['capture-x11', { x11: { name: ':7', capture: no('crashed (SIGSEGV)', 'Do it.') } }, 'missing', /SIGSEGV/, /Do it/],
    [
      'capture-screenshots',
      { platform: 'darwin', screenshots: no('crashed (SIGABRT)') },
      'missing',
      /SIGABRT/,
      /install/,
    ],
    ['capture-wayland', { wayland: DIRECT }, 'ok', /1920x1080 in 2\.3 ms/, /^$/],
    ['capture-wayland', { wayland: PORTAL_ONLY }, 'ok', /offers no capture.* portal is used/, /^$/],
    ['capture-wayland', { wayland: NEITHER }, 'missing', /offers no capture/, /--source portal/],
    ['portal', { wayland: DIRECT }, 'ok', /version 5, shares monitors and windows, asks once/, /^$/],
    ['portal', { wayland: { ...DIRECT, portal: NO_PORTAL } }, 'ok', /shares no screen.*not needed here/, /^$/],
    ['portal', { wayland: NEITHER }, 'missing', /shares no screen/, /xdg-desktop-portal/],
    ['portal', { wayland: WITHOUT_PART }, 'missing', /shares no screens/, /xdg-desktop-portal-gnome/],
    ['share', { wayland: DIRECT, x11: null, screenshots: null }, 'ok', /works, by Wayland/, /^$/],
    [
      'share',
      { wayland: PORTAL_ONLY, x11: null, screenshots: null },
      'ok',
      /by the desktop portal: the desktop asks/,
      /^$/,
    ],
    [
      'capture-x11',
      { x11: { name: ':7', capture: ok({ ...CAPTURED, width: 1, height: 1, description: '', milliseconds: 90 }) } },
      'warning',
      /90\.0 ms/,
      /--region/,
    ],
    ['sdl', { sdl: no('The window needs the SDL 2 library.', 'Install it.') }, 'missing', /SDL 2/, /Install it/],
    ['sdl', { sdl: ok({ version: '2', driver: 'offscreen', problem: '' }) }, 'missing', /offscreen/, /--view terminal/],
    ['jpeg', { jpeg: no('crashed (SIGILL)') }, 'warning', /SIGILL/, /npm install/],
    ['inflate', { inflate: ok({ name: 'node:zlib' }) }, 'warning', /node:zlib/, /compiler/],
    ['video-decoder', {}, 'ok', /libavcodec 59\.37/, /^$/],
    ['video-decoder', { videoDecoder: no('is not installed') }, 'warning', /as pictures/, /libavcodec/],
    ['video-decoder', { videoDecoder: no('is off'), native: ok('off') }, 'warning', /is off/, /PEERGLASS_NATIVE/],
    ['video-encoder', {}, 'ok', /x264 164, else OpenH264 2\.3\.1/, /^$/],
    ['video-encoder', { videoEncoders: ok({ names: [] }) }, 'warning', /as pictures/, /libx264/],
    ['video-encoder', { videoEncoders: no('crashed'), native: ok('off') }, 'warning', /crashed/, /PEERGLASS_NATIVE/],
    ['shared-memory', { memory: ok({ maps: false }) }, 'warning', /copied/, /npm install/],
    ['shared-memory', { memory: ok({ maps: false }), native: ok('safe') }, 'warning', /copied/, /PEERGLASS_NATIVE/],
    [
      'port-5900',
      { ports: [{ port: 5900, wire: 'rfb protocol', flag: '--rfb-port', refusal: 'EADDRINUSE' }] },
      'warning',
      /Another program/,
      /--rfb-port/,
    ],
    [
      'port-80',
      { ports: [{ port: 80, wire: 'browsers', flag: '--web-port', refusal: 'EACCES' }] },
      'warning',
      /this user may not/,
      /^Choose another port \(--web-port/,
    ],
    ['firewall', { firewall: { name: 'ufw', open: 'sudo ufw allow 5900/tcp' } }, 'warning', /ufw/, /sudo ufw allow/],
    ['dumpcap', { dumpcap: no('is not installed') }, 'warning', /not installed/, /apt install tshark/],
    ['dumpcap', { dumpcap: ok({ version: '4', devices: 0 }) }, 'warning', /may not capture/, /group wireshark/],
    ['tshark', { tshark: no('is not installed') }, 'warning', /not installed/, /apt install/],
    ['terminal', { terminal: { ...GOOD.terminal, utf8: false } }, 'warning', /no UTF-8/, /LC_ALL/],
    ['terminal', { terminal: { ...GOOD.terminal, columns: 40 } }, 'warning', /40x40/, /larger/],
    ['terminal', { terminal: { ...GOOD.terminal, isTerminal: false } }, 'warning', /not a terminal/, /--headless/],
  ])('%s: %o', (check, facts, status, text, remedy) => {
    const finding = found(check, facts);
    expect(finding.status).toBe(status);
    expect(finding.text).toMatch(text);
    expect(finding.remedy).toMatch(remedy);
  });
});

test('a Wayland session is not told to have an X server or node-screenshots', () => {
  const checks = findingsOf({ ...GOOD, x11: null, screenshots: null, wayland: DIRECT }).map(({ check }) => check);
  expect(checks).not.toContain('capture-x11');
  expect(checks).not.toContain('capture-screenshots');
});

describe('the machine is of use', () => {
  const noCapture: Partial<Facts> = { x11: null, screenshots: null };
  const noWindow: Partial<Facts> = { sdl: ok({ version: '2', driver: null, problem: 'no display' }) };
  const noTerminal: Partial<Facts> = { terminal: { ...GOOD.terminal, isTerminal: false } };
  test.each<[string, Partial<Facts>, boolean]>([
    ['for watching alone', noCapture, true],
    ['for watching in the terminal alone', { ...noCapture, ...noWindow }, true],
    ['for sharing alone', { ...noWindow, ...noTerminal }, true],
    ['for nothing', { ...noCapture, ...noWindow, ...noTerminal }, false],
  ])('%s', (_name, facts, usable) => {
    expect(isUsable(findingsOf({ ...GOOD, ...facts }))).toBe(usable);
  });
});

test('no text from outside reaches the terminal as a control sequence', () => {
  const hostile = '\u001b]0;owned\u0007\u001b[2J';
  const findings = findingsOf({
    ...GOOD,
    native: no(hostile, hostile),
    x11: { name: hostile, capture: no(hostile, hostile) },
    dumpcap: no(hostile),
    tshark: ok({ version: hostile }),
  });
  expect(JSON.stringify(findings)).not.toMatch(/\\u001b|\\u0007/);
  expect(doctorText(findings, true)).not.toMatch(/[\u001b\u0007]/);
});

test('is printed a line each, what to do below it', () => {
  const findings = [
    { check: 'a', status: 'ok', text: 'fine', remedy: '' },
    { check: 'b', status: 'missing', text: 'gone', remedy: 'Look\nfor it' },
  ] as const;
  expect(doctorText(findings, true)).toBe('✓ fine\n✗ gone\n    Look\n    for it\n');
  expect(doctorText(findings, false)).toBe('ok fine\nx  gone\n    Look\n    for it\n');
});
