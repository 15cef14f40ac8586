import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { selfSigned } from '../../../source/node/self-signed.js';
import { browserOf, OwnNames, readWebPage } from '../../../source/session/share/web-page.js';

describe('a browser is known by its User-Agent', () => {
  const like = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)';
  test.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0', 'Firefox 153'],
    [`${like} Chrome/156.0.0.0 Safari/537.36`, 'Chrome 156'],
    [`${like} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.1.2`, 'Edge 156'],
    [`${like} Chrome/156.0.0.0 Safari/537.36 OPR/110.0.0.0`, 'Opera 110'],
    [`${like} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`, 'Samsung Internet 28'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      'Safari 18',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.1 Mobile/15E148 Safari/604.1',
      'Chrome 140',
    ],
  ])('%s', (userAgent, browser) => {
    expect(browserOf(userAgent)).toBe(browser);
  });

  test.each([
    null,
    '',
    'python-websockets/15',
    'Firefox/',
    'Firefox/\u001b[31m1',
    'xFirefox/1',
    `${' '.repeat(600)}Firefox/1`,
  ])('or not: %j', userAgent => {
    expect(browserOf(userAgent)).toBeNull();
  });

  test('and nothing but digits of it is shown', () => {
    expect(browserOf('Firefox/153\u001b]0;x\u0007')).toBe('Firefox 153');
    expect(browserOf('Firefox/99999999')).toBe('Firefox 9999');
  });
});

describe('the names of this machine', () => {
  test('are its own, on the local network too, and localhost', () => {
    const { has } = new OwnNames(null, undefined, 'LapTop.school.example');
    const names = ['laptop', 'laptop.local', 'laptop.school.example', 'laptop.school.example.local', 'localhost'];
    expect(names.filter(name => !has(name))).toEqual([]);
    expect(['', 'local', 'example', 'evil.example', 'laptop.evil.example'].filter(has)).toEqual([]);
  });

  test('are also those that the name servers have for its addresses', async () => {
    const asked: string[] = [];
    const names = new OwnNames(
      null,
      address => {
        asked.push(address);
        return { names: Promise.resolve(['Desk.School.example.']), cancel: () => {} };
      },
      'laptop',
    );
    await new Promise(resolve => setImmediate(resolve));
    expect(names.has('desk.school.example')).toBe(asked.length > 0);
    names.close();
  });

  test('may be asked for in vain', async () => {
    const cancelled: string[] = [];
    const never = (address: string) => ({
      names: Promise.reject(new Error('no such name')),
      cancel: () => cancelled.push(address),
    });
    const names = new OwnNames(null, never, 'laptop');
    await new Promise(resolve => setImmediate(resolve));
    names.close();
    expect(names.has('laptop')).toBe(true);
  });

  test('and those of the certificate that was given', () => {
    const { cert } = selfSigned('share.school.example');
    expect(new OwnNames(cert, undefined, 'laptop').has('share.school.example')).toBe(true);
    expect(new OwnNames(cert, undefined, 'laptop').has('evil.example')).toBe(false);
  });
});

describe('the page', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'peerglass-page-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const files = ['index.html', 'style.css', 'page.js', 'worker.js', 'kernels.wasm', 'icon.svg'];

  test('is read whole, or not at all', () => {
    expect(readWebPage(`${folder}/`)).toBeNull();
    for (const name of files) {
      const contents = `contents of ${name} `.repeat(20);
      writeFileSync(path.join(folder, name), contents);
      writeFileSync(path.join(folder, `${name}.gz`), gzipSync(contents));
    }
    const page = readWebPage(`${folder}/`)!;
    expect([...page.keys()].sort()).toEqual(['/', ...files.map(name => `/${name}`)].sort());
    expect(page.get('/')).toBe(page.get('/index.html'));
    const { body, gzipped, type } = page.get('/worker.js')!;
    expect(gunzipSync(gzipped)).toEqual(Buffer.from(body));
    expect(type).toBe('text/javascript; charset=utf-8');
    expect(new Set([...page.values()].map(({ tag }) => tag)).size).toBe(files.length);
    rmSync(path.join(folder, 'icon.svg.gz'));
    expect(readWebPage(`${folder}/`)).toBeNull();
  });
});
