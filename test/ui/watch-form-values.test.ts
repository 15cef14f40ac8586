import { describe, expect, test } from 'vitest';
import { parseArguments } from '../../source/cli/arguments.js';
import { NO_PREFERENCES } from '../../source/session/app-services.js';
import {
  initialWatchValues,
  otherFlagsText,
  WATCH_FORM_DEFAULTS,
  watchFields,
  watchOptionsOf,
  watchProblems,
  watchToRemember,
  withInvitation,
  withTyped,
} from '../../source/ui/watch-form-values.js';

describe('the code in the form', () => {
  const problemOf = (code: string, wire = 'auto') =>
    watchProblems({ ...WATCH_FORM_DEFAULTS, address: '10.0.0.1', wire, code }).code;

  test.each(['a\u0000', '\u001b[A', 'lesson\u202e3'])('%j is refused: it has control characters', code => {
    expect(problemOf(code)).toBe('A code has no control characters.');
  });

  test.each(['一Āꀀ', 'café'])('%j is somebody’s own word, and may be one', code => {
    expect(problemOf(code)).toBeUndefined();
  });

  test('may be left out, and means nothing to the classic protocol', () => {
    expect([problemOf(''), problemOf('k7m2p4qr'), problemOf('\u0000', 'classic')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('the threads in the form', () => {
  const given = (threads: string) => ({ ...WATCH_FORM_DEFAULTS, address: '10.0.0.1', wire: 'rfb', threads });

  test('are auto or a number', () => {
    expect(watchOptionsOf(WATCH_FORM_DEFAULTS)).toBeNull();
    expect(watchOptionsOf(given('auto'))).toMatchObject({ threads: 'auto' });
    expect(watchOptionsOf(given('3'))).toMatchObject({ threads: 3 });
    expect(watchProblems(given('9')).threads).toBe('The number of threads is "auto" or 1 to 8, not "9".');
  });

  test('are remembered, unless they make no sense', () => {
    const remembered = (threads: string) =>
      initialWatchValues({ peers: [], watch: { wire: 'rfb', threads }, share: {} } as never);
    expect(remembered('4').threads).toBe('4');
    expect(remembered('all').threads).toBe('auto');
  });
});

describe('the limits in the form', () => {
  const of = (change: Partial<typeof WATCH_FORM_DEFAULTS>) => ({
    ...{ ...WATCH_FORM_DEFAULTS, address: '10.0.0.1', maxRate: '5mbit', threads: '3' },
    ...change,
  });
  const labels = (wire: string) => watchFields(of({ wire })).map(({ label }) => label);

  test('are there as long as it may be rfb', () => {
    for (const wire of ['auto', 'rfb']) {
      expect(labels(wire)).toEqual(expect.arrayContaining(['Max rate', 'Threads']));
      expect(watchOptionsOf(of({ wire }))).toMatchObject({ maxRate: 625_000, threads: 3 });
      expect(watchProblems(of({ wire, maxRate: 'fast' })).maxRate).toContain('not "fast"');
    }
    expect(labels('classic')).not.toContain('Max rate');
    expect(labels('classic')).not.toContain('Threads');
    expect(watchOptionsOf(of({ wire: 'classic' }))).toMatchObject({ maxRate: null, threads: 'auto' });
    expect(watchProblems(of({ wire: 'classic', maxRate: 'fast', threads: 'all' }))).toEqual({});
  });
});

describe('flags without an address', () => {
  const given = (...argv: string[]) => {
    const command = parseArguments(['watch', ...argv], 'sdl', { PEERGLASS_CODE: 'lesson3' });
    if (command.kind !== 'watch-form') throw new Error(command.kind);
    return command.given;
  };
  const stored = { ...NO_PREFERENCES, watch: { wire: 'classic', name: 'Anna', view: 'terminal' } };

  test('fill in the form, before what is remembered, and what it has no fields for counts as well', () => {
    const flags = given(
      '--wire',
      'auto',
      '--view',
      'none',
      '--max-rate',
      '5mbit',
      '--fullscreen',
      '--record',
      'a.pglog',
    );
    const values = initialWatchValues(stored, { address: '10.0.0.1', code: '' }, flags);
    expect(values).toEqual({
      ...{ address: '10.0.0.1', wire: 'auto', size: 'auto', code: 'lesson3', name: 'Anna' },
      ...{ maxRate: '5mbit', threads: 'auto', view: 'none' },
    });
    expect(watchOptionsOf(values, flags.options)).toMatchObject({
      ...{ wire: 'auto', view: 'none', code: 'lesson3', name: 'Anna', maxRate: 625_000 },
      ...{ fullscreen: true, recordFile: 'a.pglog' },
    });
    expect(otherFlagsText(flags)).toBe('Also from the command line: --fullscreen --record');
    expect(otherFlagsText(given('--wire', 'rfb'))).toBe('');
    const view = watchFields(values).find(({ name }) => name === 'view');
    expect(view?.input).toMatchObject({
      choices: expect.arrayContaining([expect.objectContaining({ value: 'none' })]),
    });
  });

  test('count once: only what was changed in the form is remembered', () => {
    const flags = given('--wire', 'rfb', '--view', 'sdl', '--name', 'Bo');
    const values = initialWatchValues(stored, { address: '10.0.0.1', code: '' }, flags);
    expect(watchToRemember(values, flags, stored)).toEqual(stored.watch);
    expect(watchToRemember({ ...values, view: 'terminal', name: 'Cy' }, flags, stored)).toEqual({
      ...stored.watch,
      name: 'Cy',
    });
  });
});

describe('the link of a broadcast in the form', () => {
  const place = 'http://hall.example/live/4pBW7g2tW0GJXJ0T4hXb0w';
  const key = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
  const pasted = withTyped({ ...WATCH_FORM_DEFAULTS, wire: 'classic' }, 'address', `see ${place}#${key}`);

  test('is watched as it was pasted, and needs nothing else', () => {
    expect(watchProblems(pasted)).toEqual({});
    expect(watchOptionsOf(pasted)).toMatchObject({
      ...{ peer: { host: 'hall.example', port: 80 }, broadcast: { place: `${place}/` }, wire: 'auto', code: null },
    });
  });

  test('is remembered without its key, which has a field of its own', () => {
    const tidy = withInvitation(pasted);
    expect([tidy.address, tidy.code]).toEqual([place, key]);
    expect(watchFields(tidy).map(({ label }) => label)).toEqual(['Address', 'Key', 'Threads', 'Show it in']);
    expect(watchOptionsOf(tidy)?.broadcast?.key).toEqual(Uint8Array.from({ length: 32 }, (_, at) => at));
    const again = { ...tidy, code: '' };
    expect(watchProblems(again).address).toContain('lacks its key');
    expect(watchOptionsOf(again)).toBeNull();
  });
});
