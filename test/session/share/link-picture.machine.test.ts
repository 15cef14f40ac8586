import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, describe, expect, test } from 'vitest';
import { saveGrey } from '../../../source/session/picture-file.js';
import { linkPicture } from '../../../source/session/share/link-picture.js';
import { fakeTui, SHARE_OPTIONS } from '../../helpers/fake-tui.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-link-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a reader of QR codes finds in a picture. */
function read(file: string): string {
  const found = execFileSync('zbarimg', ['--quiet', '--raw', '-Sdisable', '-Sqrcode.enable', file], { stdio: 'pipe' });
  return found.toString().trimEnd();
}

describe('the picture of a link', () => {
  test.each([
    ['http://192.168.1.82:5800/#k7m2p9qx', 'k7m2p9qx'],
    ['https://[2001:db8:1234:5678:9abc:def0:1234:5678]:65535/#Lesson%203%25', 'Lesson 3%'],
  ])('is read by a phone: %s', async (link, code) => {
    const file = path.join(folder, `${link.length}.png`);
    const said: unknown[] = [];
    await saveGrey(linkPicture(link, code), file, (...told) => said.push(told));
    expect(said).toEqual([['good', `Saved ${file}`]]);
    expect(read(file)).toBe(link);
    const { width, height } = PNG.sync.read(readFileSync(file));
    expect([width, height]).toEqual([1920, 1080]);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  test('that cannot be written says why', async () => {
    const said: unknown[] = [];
    await saveGrey(linkPicture('http://a/', null), path.join(folder, 'none', 'x.png'), (...told) => said.push(told));
    expect(said).toEqual([['warning', expect.stringContaining('there is no such folder'), 'E_SNAPSHOT']]);
  });

  test.each([
    [80, 24],
    [160, 50],
  ])('on the link page is read too: %i x %i', async (columns, rows) => {
    const { terminal, tui, services } = await fakeTui({
      columns,
      rows,
      start: { kind: 'share', options: SHARE_OPTIONS },
    });
    await expect.poll(() => services.shares.length).toBe(1);
    services.shares[0]!.emit({
      type: 'listening',
      wires: [
        { wire: 'rfb', address: '::', port: 5900 },
        { wire: 'web', address: '::', port: 5800, https: false, certificate: null },
      ],
      code: 'k7m2p9qx',
      vncPassword: null,
    });
    await terminal.waitFor('peerglass watch');
    terminal.press('u');
    await terminal.waitFor('how to connect');
    await expect.poll(async () => /[▀▄█]{10}/.test(await terminal.text())).toBe(true);
    const file = path.join(folder, `${columns}.png`);
    await saveGrey(photographed((await terminal.text()).split('\n'), columns), file, () => {});
    expect(read(file)).toBe('http://192.168.1.82:5800/#k7m2p9qx');
    tui.leave(0);
    await tui.done;
  });
});

/** The screen as a camera sees it: half blocks dark, everything else light. */
function photographed(lines: readonly string[], columns: number) {
  const [width, height, module] = [columns * 6, lines.length * 12, 6];
  const pixels = Buffer.alloc(width * height, 0xff);
  for (const [row, line] of lines.entries()) {
    for (const [column, character] of [...line].entries()) {
      for (const half of [0, 1]) {
        if (!(half === 0 ? '▀█' : '▄█').includes(character)) continue;
        for (let y = 0; y < module; y++) {
          const from = (row * 12 + half * module + y) * width + column * module;
          pixels.fill(0, from, from + module);
        }
      }
    }
  }
  return { width, height, pixels };
}
