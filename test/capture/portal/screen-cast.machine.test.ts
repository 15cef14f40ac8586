import { closeSync, fstatSync, openSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DBusConnection } from '../../../source/capture/portal/dbus/connection.js';
import {
  ASKING_MS,
  portalAbilities,
  ScreenCast,
  type ScreenCastRequest,
} from '../../../source/capture/portal/screen-cast.js';
import { apart } from '../../../source/session/doctor/probes.js';
import { stopAfterEach } from '../../helpers/cleanup.js';
import { FakeClock } from '../../helpers/fake-clock.js';
import { FakePortal } from '../../helpers/fake-portal.js';
import { MessageBus } from '../../helpers/message-bus.js';

const started = stopAfterEach();
let clock: FakeClock;
let address: string;
let portal: FakePortal;
let bus: DBusConnection;
let asked: number;

beforeEach(async () => {
  clock = new FakeClock();
  asked = 0;
  address = started(await MessageBus.start()).address;
  portal = started(await FakePortal.start(address));
  bus = await DBusConnection.open(address, clock);
});
afterEach(() => bus.close());

function open(request: Partial<ScreenCastRequest> = {}): Promise<ScreenCast> {
  const onAsking = () => {
    asked++;
  };
  return ScreenCast.open(bus, { what: 'monitor', several: false, token: null, clock, onAsking, ...request });
}

describe('what a portal can share', () => {
  test('is found out by doctor without asking anybody', async () => {
    const environment = { ...process.env, DBUS_SESSION_BUS_ADDRESS: address };
    const fact = { version: portal.version, monitors: true, windows: true, remembers: true };
    expect(await apart('portal', environment)).toEqual({ ok: true, fact });
    expect([portal.dialogs, portal.sessions.length]).toEqual([0, 0]);
    portal.sourceTypes = 0;
    portal.version = 3;
    expect(await portalAbilities(bus)).toEqual({ version: 3, monitors: false, windows: false, remembers: false });
    portal.version = 0;
    expect(await apart('portal', environment)).toMatchObject({ ok: false, problem: expect.stringMatching(/portal/) });
  });
});

describe('a screen that the person allows', () => {
  test('comes as a node, with its place and a token; nobody is asked with that token', async () => {
    portal.streams = [{ node: 77, x: 1920, y: 0, size: [2560, 1440] }];
    const cast = await open();
    expect(cast.streams).toEqual([{ node: 77, position: { x: 1920, y: 0 }, size: { width: 2560, height: 1440 } }]);
    expect(portal.selections[0]).toMatchObject({ types: 1, multiple: false, cursor_mode: 4, persist_mode: 2 });
    expect(portal.selections[0]).not.toHaveProperty('restore_token');
    expect([cast.token, portal.dialogs, asked]).toEqual(['token-1', 1, 1]);
    cast.close();
    await portal.until(() => portal.closedSessions.length === 1);
    const again = await open({ token: cast.token });
    expect([again.token, portal.dialogs, asked]).toEqual(['token-2', 1, 1]);
  });

  test('may be a window, or several monitors', async () => {
    portal.remembers = false;
    expect((await open({ what: 'window' })).token).toBeNull();
    await open({ several: true });
    expect(portal.selections).toMatchObject([
      { types: 2, multiple: false },
      { types: 1, multiple: true },
    ]);
  });

  test('is asked for in the words of an older portal', async () => {
    portal.version = 1;
    await open({ token: 'old' });
    portal.version = 3;
    portal.cursorModes = 3;
    await open({ token: 'old' });
    expect(portal.selections).toMatchObject([{ types: 1 }, { types: 1, cursor_mode: 2 }]);
    expect(portal.selections.every(each => !('restore_token' in each) && !('persist_mode' in each))).toBe(true);
    expect('cursor_mode' in portal.selections[0]!).toBe(false);
  });

  test('ends when the desktop says so, or the portal is gone', async () => {
    const cast = await open();
    const other = await open();
    let [closed, others] = [0, 0];
    cast.onClosed(() => closed++);
    other.onClosed(() => others++);
    portal.closeSession(portal.sessions[0]);
    await expect.poll(() => closed).toBe(1);
    expect(others).toBe(0);
    await portal.stop();
    await expect.poll(() => others).toBe(1);
    expect(closed).toBe(1);
  });

  test('brings a descriptor of PipeWire, or none where there is none', async () => {
    const cast = await open();
    expect(await cast.openRemote()).toBeNull();
    const file = openSync('/dev/null', 'r');
    portal.remote = () => Promise.resolve(file);
    const remote = await cast.openRemote();
    expect(fstatSync(remote!).rdev).toBe(fstatSync(file).rdev);
    expect(remote).not.toBe(file);
    closeSync(remote!);
    closeSync(file);
    // Node reads the connection again.
    portal.remote = null;
    expect((await open()).streams).toHaveLength(1);
  });
});

describe('a screen that nobody allows', () => {
  test('is an ordinary refusal', async () => {
    portal.answer = 'no';
    await expect(open()).rejects.toMatchObject({ code: 'E_PORTAL_DENIED', message: expect.stringContaining('no') });
    await portal.until(() => portal.closedSessions.length === 1);
  });

  test('is waited for, then its dialog is taken away', async () => {
    portal.answer = 'nothing';
    const opened = open();
    opened.catch(() => {});
    await portal.until(() => portal.dialogs === 1);
    clock.advance(ASKING_MS - 1);
    expect(portal.withdrawn).toEqual([]);
    clock.advance(1);
    await expect(opened).rejects.toMatchObject({
      code: 'E_PORTAL_UNANSWERED',
      message: expect.stringMatching(/which screen to share.*120 s/),
    });
    await portal.until(() => portal.withdrawn.length === 1 && portal.closedSessions.length === 1);
  });

  test('is waited for no longer than the caller wants', async () => {
    portal.answer = 'nothing';
    const waiting = new AbortController();
    const opened = open({ signal: waiting.signal });
    opened.catch(() => {});
    await portal.until(() => portal.dialogs === 1);
    waiting.abort(new Error('the person pressed Esc'));
    await expect(opened).rejects.toThrow('the person pressed Esc');
    await portal.until(() => portal.withdrawn.length === 1);
    await expect.poll(() => clock.pending).toBe(0);
  });

  test('is told as asked for where a token is of no use any more', async () => {
    portal.answer = 'nothing';
    const opened = open({ token: 'unknown' });
    opened.catch(() => {});
    await portal.until(() => portal.dialogs === 1);
    expect(asked).toBe(0);
    clock.advance(2_000);
    expect(asked).toBe(1);
    portal.closeSession();
    await expect(opened).rejects.toMatchObject({ code: 'E_PORTAL_CLOSED' });
  });

  test('is asked for once more where the token makes the portal fail', async () => {
    portal.answer = 'stale token';
    expect((await open({ token: 'stale' })).token).toBe('token-1');
    expect(portal.selections.map(each => each.restore_token)).toEqual(['stale', undefined]);
    portal.answer = 'broken';
    await expect(open()).rejects.toMatchObject({ code: 'E_PORTAL', message: expect.stringContaining('Start') });
  });

  test('is not what somebody else says in the name of the portal', async () => {
    portal.answer = 'nothing';
    const impostor = started(await FakePortal.start(address, 'org.example.Impostor'));
    const opened = open();
    opened.catch(() => {});
    await portal.until(() => portal.dialogs === 1);
    impostor.pretend(bus.name, portal.requests.at(-1)!);
    // Whatever comes from the bus now comes after that.
    await bus.ownerOf('org.freedesktop.portal.Desktop');
    portal.closeSession();
    await expect(opened).rejects.toMatchObject({ code: 'E_PORTAL_CLOSED' });
  });
});

describe('what is missing is named', () => {
  test('without a portal', async () => {
    await portal.stop();
    await expect(open()).rejects.toMatchObject({
      code: 'E_WAYLAND',
      remedy: expect.stringContaining('xdg-desktop-portal'),
    });
  });

  test('with a portal that knows no screen casts', async () => {
    portal.version = 0;
    await expect(open()).rejects.toMatchObject({ code: 'E_WAYLAND', message: expect.stringContaining('ScreenCast') });
  });

  test('without a bus', async () => {
    await expect(DBusConnection.open('unix:path=/nowhere/bus', clock)).rejects.toThrow('ENOENT');
    await expect(DBusConnection.open('tcp:host=x', clock)).rejects.toThrow('no address');
    expect(await DBusConnection.open(`unix:path=/nowhere;${address}`, clock)).toHaveProperty('name');
  });

  test('with a bus that goes', async () => {
    portal.answer = 'nothing';
    let gone = 0;
    bus.onDeath(() => gone++);
    const opened = open();
    opened.catch(() => {});
    await portal.until(() => portal.dialogs === 1);
    bus.close();
    await expect(opened).rejects.toMatchObject({ code: 'E_PORTAL' });
    expect(gone).toBe(0);
  });
});
