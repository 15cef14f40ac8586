import { expect, test } from 'vitest';
import { offeredSources, SOURCE_KINDS, sourceOf, sourceText, sourceWords } from '../../source/capture/source-kinds.js';

test.each(['auto', 'x11', 'screenshots', 'pattern', 'replay:a.bin', 'replay:C:\\a.bin'])('%s is a source', text => {
  const choice = sourceOf(text);
  expect(choice && sourceText(choice)).toBe(text);
});

test.each(['', 'foo', 'pattern:x', 'replay', 'replay:', 'auto:', 'toString'])('"%s" is none', text => {
  expect(sourceOf(text)).toBeNull();
});

test('every kind is among the words of --source, and what the form offers can be requested', () => {
  for (const kind of Object.keys(SOURCE_KINDS)) expect(sourceWords()).toContain(kind);
  for (const { kind } of offeredSources()) expect(sourceOf(kind)).toEqual({ kind });
});
