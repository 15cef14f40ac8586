import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
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

  test.runIf(process.platform === 'linux')('on a full disk it says at the end how much is missing', async () => {
    const { say, heard, session } = share('/dev/full');
    for (const text of ['one', 'two']) say(text);
    await session.stop();
    const texts = heard.flatMap(event => (event.type === 'notice' && event.code === 'E_LOG' ? [event.text] : []));
    expect(texts).toEqual([expect.stringMatching(/the disk is full/), 'The log /dev/full lacks 3 entries.']);
  });
});
