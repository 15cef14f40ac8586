import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseArguments } from '../../source/cli/arguments.js';
import { logged } from '../../source/cli/event-log.js';
import type { ShareEvent } from '../../source/session/messages.js';
import { FakeServices, shareSnapshot } from '../helpers/fake-sessions.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function share(file: string) {
  const command = parseArguments(['share']);
  if (command.kind !== 'share') throw new Error(command.kind);
  const services = new FakeServices();
  const session = logged(services, file).startShare(command.options);
  const heard: ShareEvent[] = [];
  session.subscribe(event => heard.push(event));
  const say = (text: string) => services.shares[0]!.emit({ type: 'notice', tone: 'info', text });
  return { emit: (event: ShareEvent) => services.shares[0]!.emit(event), say, heard, session };
}

const entriesIn = (file: string) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));

describe('the log', () => {
  test('is for its user alone, and does not let anybody in', () => {
    const file = path.join(folder, 'log');
    const { emit, heard } = share(file);
    const wires = [{ wire: 'rfb' as const, address: '127.0.0.1', port: 5900 }];
    emit({ type: 'listening', wires, code: 'k7m2p4qr', vncPassword: 's3cret' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toMatch(/k7m2p4qr|s3cret/);
    expect(entriesIn(file)).toMatchObject([{ type: 'listening', wires }]);
    expect(heard).toMatchObject([{ code: 'k7m2p4qr', vncPassword: 's3cret' }]);
  });

  test('lets nobody watch a broadcast', () => {
    const file = path.join(folder, 'log');
    const { emit, heard } = share(file);
    const link = 'http://hall.example/live/4pBW7g2tW0GJXJ0T4hXb0w#AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
    const broadcast = { state: 'live', readers: 2, mbitPerSecond: 3, ageMs: 14, segment: 7, server: null } as const;
    emit({ type: 'snapshot', snapshot: shareSnapshot({ broadcast: { ...broadcast, link } }) });
    expect(readFileSync(file, 'utf8')).not.toContain('AAECAwQ');
    expect(entriesIn(file)).toMatchObject([{ type: 'snapshot', broadcast }]);
    expect(heard).toMatchObject([{ snapshot: { broadcast: { link } } }]);
  });

  test("reports at once that it has a gap, and the gap's length once it can be written again", () => {
    const inner = path.join(folder, 'inner');
    mkdirSync(inner);
    const file = path.join(inner, 'log');
    const { say, heard } = share(file);
    say('one');
    rmSync(inner, { recursive: true });
    for (const text of ['two', 'three', 'four']) say(text);
    const warnings = () => heard.filter(event => event.type === 'notice' && event.code === 'E_LOG');
    expect(warnings()).toMatchObject([
      { tone: 'warning', text: expect.stringMatching(/^The log cannot be written.*there is no such folder\.$/) },
    ]);
    mkdirSync(inner);
    say('five');
    expect(entriesIn(file)).toMatchObject([{ type: 'gap', missed: 3 }, { text: 'five' }]);
    expect(warnings()).toHaveLength(1);
  });

  test.runIf(process.platform !== 'win32')('waits for nobody at the other end of a FIFO', async () => {
    const fifo = path.join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    expect(() => share(fifo)).toThrow(/^--log: .*fifo cannot be written: nobody reads from it\.$/);
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const { say, heard } = share(fifo);
    const warnings = () =>
      heard.flatMap(event => (event.type === 'notice' && event.code === 'E_LOG' ? [event.text] : []));
    const long = 'x'.repeat(1000);
    // More than a pipe holds, while its reader does nothing.
    for (let at = 0; at < 200; at++) say(long);
    expect(warnings()).toEqual([expect.stringMatching(/gap from now on: its reader has stopped reading\.$/)]);
    let text = '';
    const drain = () => {
      const chunk = Buffer.alloc(1 << 20);
      try {
        for (let got = readSync(reader, chunk); got > 0; got = readSync(reader, chunk))
          text += chunk.toString('utf8', 0, got);
      } catch (error) {
        expect(error).toMatchObject({ code: 'EAGAIN' });
      }
    };
    drain();
    say('last');
    drain();
    const entries = text
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    const whole = entries.filter(each => each.text === long).length;
    expect(whole).toBeGreaterThan(20);
    expect(entries.slice(-2)).toMatchObject([{ type: 'gap', missed: 200 - whole }, { text: 'last' }]);
    closeSync(reader);
    say('nobody hears this');
    expect(warnings().at(-1)).toMatch(/nobody reads from it any more\.$/);
  });

  test.runIf(process.platform === 'linux')('on a full disk it says at the end how much is missing', async () => {
    const { say, heard, session } = share('/dev/full');
    for (const text of ['one', 'two']) say(text);
    await session.stop();
    const texts = heard.flatMap(event => (event.type === 'notice' && event.code === 'E_LOG' ? [event.text] : []));
    expect(texts).toEqual([expect.stringMatching(/the disk is full/), 'The log /dev/full lacks 3 entries.']);
  });
});
