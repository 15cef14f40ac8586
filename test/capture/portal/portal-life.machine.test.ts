import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PipeWireProducer } from '../../helpers/pipewire-producer.js';
import { RecordingEvents } from '../../helpers/recording-events.js';
import { portalDesk } from './portal-desk.js';

const desk = portalDesk();

test('the desktop asks once: the token it gives is used and replaced at each start, also by another choice', async () => {
  const told: string[] = [];
  const opening = { signal: new AbortController().signal, again: false, notice: (text: string) => told.push(text) };
  // Each cast has a node of its own, as on a desktop.
  await desk.produce();
  const first = await desk.open({}, opening);
  await first.close();
  await desk.produce();
  const second = await desk.open({}, opening);
  await second.close();
  expect([desk.portal.dialogs, desk.portal.token, told.length]).toEqual([1, 'token-2', 1]);
  expect(told[0]).toContain('asks which screen to share');
  await desk.produce();
  const third = await desk.open({}, { ...opening, again: true });
  expect([desk.portal.dialogs, told.length]).toEqual([2, 2]);
  await third.close();
  expect(desk.portal.selections.map(each => each.restore_token)).toEqual([undefined, 'token-1', undefined]);
});

test('a no, and an end of the wait, are what they are', async () => {
  desk.portal.answer = 'no';
  await expect(desk.newSource().open()).rejects.toMatchObject({ code: 'E_PORTAL_DENIED' });
  desk.portal.answer = 'nothing';
  const ending = new AbortController();
  const opened = desk.newSource().open({ signal: ending.signal, again: false, notice: () => {} });
  opened.catch(() => {});
  await desk.portal.until(() => desk.portal.dialogs === 2);
  ending.abort(new Error('Esc'));
  await expect(opened).rejects.toThrow('Esc');
  await desk.portal.until(() => desk.portal.withdrawn.length === 1);
});

test('the button in the panel of the desktop ends it, while somebody watches and while nobody does', async () => {
  await desk.produce();
  const watched = await desk.open();
  const { events, incoming } = await desk.watch(watched);
  desk.portal.closeSession();
  await events.until(() => events.errors.length > 0);
  expect(events.errors[0]).toMatchObject({ code: 'E_PORTAL_CLOSED', message: expect.stringContaining('desktop') });
  await expect(watched.read([incoming.bounds], incoming)).rejects.toMatchObject({ code: 'E_PORTAL_CLOSED' });
  await watched.close();
  await desk.produce();
  const asleep = await desk.open();
  const died: string[] = [];
  asleep.onDeath(({ code }) => died.push(code));
  desk.portal.closeSession();
  await expect.poll(() => died).toEqual(['E_PORTAL_CLOSED']);
  const late = new RecordingEvents();
  asleep.start(late);
  expect(late.errors).toHaveLength(1);
});

test('a suspended stream is told, and goes on by itself', async () => {
  const producer = await desk.produce();
  const source = await desk.open();
  const { events, incoming } = await desk.watch(source);
  producer.suspend(true);
  await events.until(() => events.lost !== null);
  expect(events.lost).toBe('E_SOURCE_HIDDEN');
  expect(await source.read([incoming.bounds], incoming)).toBe(0);
  producer.suspend(false);
  await events.until(() => events.lost === null);
  await events.until(() => events.damaged.length > 0);
  expect(events.take()).toContainEqual(incoming.bounds);
});

test('a capture process that dies is replaced, without a question', async () => {
  const producer = await desk.produce();
  const source = await desk.open();
  const { events, incoming } = await desk.watch(source);
  process.kill(source.pid!, 'SIGABRT');
  producer.fill(incoming.bounds, 0x654321);
  await desk.shown(source, events, incoming, 0x654321);
  expect(events.errors).toEqual([]);
  expect(desk.portal.dialogs).toBe(1);
  // Not again and again.
  process.kill(source.pid!, 'SIGABRT');
  await events.until(() => events.errors.length > 0);
  expect(events.errors[0]).toMatchObject({ code: 'E_PIPEWIRE', message: expect.stringContaining('SIGABRT') });
});

test('while nobody watches nothing comes; then the picture is a new one', async () => {
  const producer = await desk.produce();
  const source = await desk.open();
  const { events, incoming } = await desk.watch(source);
  source.stop();
  await expect.poll(() => producer.streaming).toBe(false);
  producer.fill(incoming.bounds, 0x102030);
  source.start(events);
  await desk.shown(source, events, incoming, 0x102030);
  // Not every compositor sends a frame of a screen that has not changed.
  producer.greets = false;
  source.stop();
  await expect.poll(() => producer.streaming).toBe(false);
  source.start(events);
  await events.until(() => events.damaged.length > 0);
  expect(events.take()).toEqual([incoming.bounds]);
});

test('ten shares leave no descriptor, process or memory behind', async () => {
  const round = async () => {
    const producer = await desk.produce();
    const source = await desk.open();
    await source.close();
    await producer.stop();
  };
  await round();
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const children = () => readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').length;
  const mapped = () => readFileSync('/proc/self/maps', 'utf8').split('peerglass frames').length;
  const before = [descriptors(), children(), mapped()];
  const memory = process.memoryUsage.rss();
  for (let count = 0; count < 10; count++) await round();
  await expect.poll(() => [descriptors(), children(), mapped()]).toEqual(before);
  expect(process.memoryUsage.rss() - memory).toBeLessThan(30_000_000);
});

test('PipeWire that ends, and a node that goes, end the share with a sentence', async () => {
  const first = await desk.produce();
  const source = await desk.open();
  const { events } = await desk.watch(source);
  await first.stop();
  await events.until(() => events.errors.length > 0);
  expect(events.errors[0]).toMatchObject({ code: 'E_PIPEWIRE', remedy: expect.stringMatching(/./) });
  await source.close();
  await desk.produce();
  const other = await desk.open();
  const { events: others } = await desk.watch(other);
  await desk.session.kill();
  await others.until(() => others.errors.length > 0);
  expect(others.errors[0]).toMatchObject({ code: 'E_PIPEWIRE', message: expect.stringContaining('PipeWire') });
  await other.close();
  // And one that is not there.
  await expect(desk.newSource().open()).rejects.toMatchObject({ code: 'E_PIPEWIRE' });
  await expect(PipeWireProducer.start(desk.session.socket)).rejects.toThrow('does not answer');
});

test.each([
  [
    'without a session bus',
    { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere/bus' },
    'E_WAYLAND',
    /session bus.*DBUS_SESSION_BUS_ADDRESS/,
  ],
  ['without a portal', { DBUS_SESSION_BUS_ADDRESS: 'other' }, 'E_WAYLAND', /portal.*Install xdg-desktop-portal/],
] as const)('%s what is missing is said, and how to get it', async (_, environment, code, words) => {
  if (environment.DBUS_SESSION_BUS_ADDRESS === 'other') await desk.portal.stop();
  const changed = environment.DBUS_SESSION_BUS_ADDRESS === 'other' ? {} : environment;
  const error = await desk
    .newSource({}, changed)
    .open()
    .catch(reason => reason);
  expect(error).toMatchObject({ code });
  expect(`${error.message} ${error.remedy}`).toMatch(words);
});
