import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundle } from '../../scripts/browser-bundle.mjs';
import { Backoff } from '../../source/browser/backoff.js';
import { codeOf, codesMeant } from '../../source/browser/codes.js';
import { protectionText, protectionWords } from '../../source/browser/protection.js';
import { readWebPage } from '../../source/session/share/web-page.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const BUILT = path.join(ROOT, 'dist/browser');
/** Of all files of the page together as they go over the wire, in bytes. */
const MOST_BYTES = 120_000;

describe('the bundle of the page', () => {
  it.each(['page', 'worker'])('has nothing of Node, and of packages only noble: %s', async name => {
    const { metafile } = await bundle(ROOT, name);
    const outside = Object.values(metafile.inputs).flatMap(({ imports }) =>
      imports.filter(each => each.external && each.path !== '<runtime>'),
    );
    expect(outside).toEqual([]);
    const own =
      /^source\/(browser|core|pixels|protocols|codecs|session\/watch\/(rfb|broadcast))\/|^node_modules\/@noble\/(curves|hashes)\/|^source\/(analysis\/bottleneck|session\/(announcement|time-budget|stats\/[a-z-]+|watch\/retries|play\/log-(picture|video)))\.ts$/;
    expect(Object.keys(metafile.inputs).filter(place => !own.test(place))).toEqual([]);
  });

  it.each(['page', 'worker'])('uses nothing that the oldest browsers lack which it names: %s', name => {
    const code = readFileSync(path.join(BUILT, `${name}.js`), 'utf8');
    const newer =
      /\.(toSorted|toReversed|toSpliced|with|groupBy|fromAsync|isWellFormed|toWellFormed|withResolvers)\(|AbortSignal\.any/g;
    expect(code.match(newer)).toBe(null);
  });

  it('is small on the wire', () => {
    const files = readWebPage(BUILT);
    expect(files, 'There is no build: node scripts/build.mjs').not.toBe(null);
    const bytes = [...new Set(files!.values())].reduce((sum, { gzipped }) => sum + gzipped.length, 0);
    expect(bytes).toBeLessThan(MOST_BYTES);
  });

  it('asks for its own files only, and has no script or style inside', () => {
    const page = readFileSync(path.join(BUILT, 'index.html'), 'utf8');
    const asked = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, file]) => file!);
    expect(asked.sort()).toEqual(['icon.svg', 'page.js', 'style.css']);
    expect(asked.filter(file => !existsSync(path.join(BUILT, file)))).toEqual([]);
    expect(page).not.toMatch(/<style|style=|<script(?! src)|\son[a-z]+=/);
    expect(readFileSync(path.join(BUILT, 'style.css'), 'utf8')).not.toMatch(/url\(|@import/);
  });
});

describe('codes', () => {
  it.each([
    ['k7m2p9qx', ['k7m2p9qx']],
    [' K7M2 P9QX ', ['K7M2 P9QX', 'k7m2p9qx']],
    ['k7m2-p9qx', ['k7m2-p9qx', 'k7m2p9qx']],
    ['KAFEM PRAWY', ['kafem-prawy']],
    ['kafemprawy', ['kafem-prawy']],
    ['Secret', ['Secret', 'secret']],
    ['--', ['--']],
  ])('are tried as typed, then as sharers make them: %j', (typed, meant) => {
    expect(codesMeant(typed)).toEqual(meant);
  });

  it.each([
    ['#k7m2p9qx', 'k7m2p9qx'],
    ['#code=k7m2p9qx', 'k7m2p9qx'],
    ['#a%20b', 'a b'],
    ['#%zz', '%zz'],
    ['#', null],
    ['', null],
  ])('stand in the fragment of a link: %j', (fragment, code) => {
    expect(codeOf(fragment)).toBe(code);
  });
});

describe('the pauses before a sharer is tried again', () => {
  const pauses = (random: number, times: number) => {
    const backoff = new Backoff(() => random);
    return Array.from({ length: times }, () => backoff.nextMs(0));
  };

  it('grow from half a second to eight, less up to half of that', () => {
    expect(pauses(1, 7)).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
    expect(pauses(0, 7)).toEqual([250, 500, 1000, 2000, 4000, 4000, 4000]);
  });

  it('start over after a connection that lasted, and when the person says so', () => {
    const backoff = new Backoff(() => 1);
    expect([0, 0, 10_000, 100].map(ms => backoff.nextMs(ms))).toEqual([500, 1000, 500, 1000]);
    backoff.reset();
    expect(backoff.nextMs(0)).toBe(500);
  });
});

describe('what is said of protection', () => {
  it('promises no more than there is', () => {
    const clear = { https: false, encryption: null };
    const sealed = { https: false, encryption: 'ChaCha20, code' };
    const unknown = { https: false, encryption: undefined };
    const https = { https: true, encryption: null };
    const texts = [clear, sealed, unknown, https].map(protectionText);
    expect(texts[0]).toMatch(/^Not encrypted/);
    expect(texts[1]).toMatch(/against eavesdroppers, but not against somebody who can change this page/);
    expect(texts[2]).toMatch(/plain http: somebody in between could have changed it/);
    expect(texts[3]).toMatch(/https, as far as the certificate/);
    const words = [clear, sealed, https].map(protectionWords);
    expect(words).toEqual(['not encrypted', 'protected against eavesdroppers only', 'https']);
    expect([...texts, ...words].join(' ')).not.toMatch(/\bsecure|\bsafe\b/i);
  });
});
