import { afterEach, expect, test } from 'vitest';
import type { Finding } from '../../source/session/doctor/finding.js';
import { apart } from '../../source/session/doctor/probes.js';
import { Program } from '../helpers/program.js';
import { startXvfb, type XServer } from '../helpers/xvfb.js';

let server: XServer | null = null;

afterEach(async () => {
  await server?.stop();
  server = null;
});

test('finds what works on a machine with a screen, and stays within its time with one that hangs', async () => {
  server = await startXvfb({ width: 320, height: 240 });
  const environment = { DISPLAY: server.display, WAYLAND_DISPLAY: undefined, XDG_SESSION_TYPE: undefined };
  const doctor = new Program(['doctor', '--json'], environment);
  expect(await doctor.ended).toBe(0);
  const findings = JSON.parse(doctor.lines.join('\n')) as Finding[];
  const of = (check: string) => findings.find(each => each.check === check);
  expect(of('x11')).toEqual({ check: 'x11', status: 'ok', text: `X11 display ${server.display} answers`, remedy: '' });
  expect(of('capture-x11')?.text).toMatch(/^capture by X11: 320x240 in \d+\.\d ms/);
  expect(of('share')?.status).toBe('ok');

  process.kill(server.pid, 'SIGSTOP');
  const hanging = await apart('x11', { ...process.env, ...environment }, 1500);
  process.kill(server.pid, 'SIGCONT');
  expect(hanging).toEqual({ ok: false, problem: 'does not answer within 1.5 s', remedy: '' });
});

test('says what to do on a machine without a screen, and exits with 1', async () => {
  const nothing = { DISPLAY: undefined, WAYLAND_DISPLAY: undefined, XDG_SESSION_TYPE: undefined, LC_ALL: 'C' };
  const doctor = new Program(['doctor'], nothing);
  expect(await doctor.ended).toBe(1);
  expect(doctor.lines).toContain('x  There is no display: DISPLAY is not set.');
  expect(doctor.lines.at(-2)).toBe('x  Watching does not work here: no window, no terminal.');
});
