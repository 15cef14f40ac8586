import { expect, test } from 'vitest';
import { DBusConnection } from '../../source/capture/portal/dbus/connection.js';
import { type DBusValue, options } from '../../source/capture/portal/dbus/values.js';
import { systemClock } from '../../source/node/clock.js';
import { portalDesk } from '../capture/portal/portal-desk.js';
import { stopAfterEach } from '../helpers/cleanup.js';
import { RunningProgram } from '../helpers/running-program.js';
import { WaylandPainter } from '../helpers/wayland-painter.js';

const started = stopAfterEach();
const desk = portalDesk();
const REMOTE = 'org.gnome.Mutter.RemoteDesktop';
const CAST = 'org.gnome.Mutter.ScreenCast';

/** GNOME's compositor without a screen, and a cast of its monitor, for which it asks nobody. */
async function castOfMutter() {
  const argv = ['--headless', '--no-x11', '--wayland', '--wayland-display', 'mutter-0', '--virtual-monitor', '800x600'];
  const environment = { ...desk.session.environment, LIBGL_ALWAYS_SOFTWARE: '1', XDG_SESSION_TYPE: 'wayland' };
  const mutter = started(new RunningProgram('mutter', argv, environment));
  const bus = await DBusConnection.open(desk.bus.address, systemClock);
  started({ stop: async () => bus.close() });
  const call = async (path: string, name: string, member: string, signature: string, ...body: DBusValue[]) => {
    const destination = name.replace(/\.(Session|Stream)$/, '');
    const [value] = await bus.call({ destination, path, interface: name, member }, { signature, body });
    return String(value);
  };
  const owner = async (): Promise<string> => {
    for (;;) {
      if (mutter.over) throw new Error(mutter.output);
      const found = await bus.ownerOf(CAST).catch(() => null);
      if (found !== null) return found;
      await new Promise(go => setTimeout(go, 50));
    }
  };
  const sender = await owner();
  const session = await call('/org/gnome/Mutter/RemoteDesktop', REMOTE, 'CreateSession', '');
  const properties = 'org.freedesktop.DBus.Properties';
  const [id] = await bus.call(
    { destination: REMOTE, path: session, interface: properties, member: 'Get' },
    { signature: 'ss', body: [`${REMOTE}.Session`, 'SessionId'] },
  );
  const about = options({ 'remote-desktop-session-id': ['s', String((id as { value: DBusValue }).value)] });
  const cast = await call('/org/gnome/Mutter/ScreenCast', CAST, 'CreateSession', 'a{sv}', about);
  const wanted = options({ 'cursor-mode': ['u', 2] });
  const stream = await call(cast, `${CAST}.Session`, 'RecordMonitor', 'sa{sv}', 'Meta-0', wanted);
  const node = new Promise<number>(resolve => {
    const match = { sender, path: stream, interface: `${CAST}.Stream`, member: 'PipeWireStreamAdded' };
    void bus.onSignal(match, ([added]) => resolve(Number(added)));
  });
  await call(session, `${REMOTE}.Session`, 'Start', '');
  const move = (x: number, y: number) =>
    call(session, `${REMOTE}.Session`, 'NotifyPointerMotionAbsolute', 'sdd', stream, x, y);
  return { node: await node, move, stop: () => call(session, `${REMOTE}.Session`, 'Stop', '') };
}

test("mutter's monitor is captured exactly, with its pointer, until the cast ends", async () => {
  const { node, move, stop } = await castOfMutter();
  const environment = { XDG_RUNTIME_DIR: desk.session.environment.XDG_RUNTIME_DIR, WAYLAND_DISPLAY: 'mutter-0' };
  const painter = started(await WaylandPainter.open(environment));
  desk.portal.streams = [{ node, size: [800, 600] }];
  const source = await desk.open();
  expect(source.describe()).toMatchObject({ width: 800, height: 600 });
  const { events, incoming } = await desk.watch(source);
  const colour = (x: number, y: number) => (x * 7 + y * 131_071) & 0xffffff;
  await painter.fill(colour);
  await desk.shown(source, events, incoming, colour(799, 599), { x: 799, y: 599 });
  for (const [x, y] of [
    [0, 0],
    [1, 0],
    [400, 300],
    [0, 599],
  ] as const) {
    expect(desk.pixel(incoming, x, y)).toBe(colour(x, y));
  }
  await painter.paint({ x: 100, y: 50, width: 20, height: 10 }, 0xfedcba);
  await desk.shown(source, events, incoming, 0xfedcba, { x: 119, y: 59 });
  await move(123, 234);
  await events.until(() => events.cursors.some(({ x, y }) => x === 123 && y === 234));
  await stop();
  await events.until(() => events.errors.length > 0);
  expect(events.errors[0]).toMatchObject({ code: 'E_PIPEWIRE' });
});
