import { describe, expect, test } from 'vitest';
import { helpTable } from '../../source/ui/help-lines.js';
import { bindingsOf, KEYS, type KeyScreen } from '../../source/ui/keys.js';
import { widthOf } from '../../source/ui/text.js';

const screens = Object.keys(KEYS) as KeyScreen[];

describe('the table of a help page', () => {
  test.each(screens)('has every word of %s, in any terminal', screen => {
    const entries = bindingsOf(screen);
    const words = entries.map(({ shown, help }) => `${shown} ${help}`).join(' ');
    for (let columns = 40; columns <= 220; columns += 13) {
      for (const rows of [4, 20, 26, 46]) {
        const table = helpTable(entries, columns, rows);
        const lines = table.columns.flat();
        const told = lines.map(({ keys, text }) => (keys === '' ? text : `${keys} ${text}`)).join(' ');
        expect(told).toBe(words);
        for (const { text } of lines) expect(widthOf(text)).toBeLessThanOrEqual(table.width - table.keyWidth - 2);
      }
    }
  });

  test.each(['share', 'watch'] as const)('fits 100x30 without scrolling: %s', screen => {
    // Header, bar and the panel's borders take four of the rows and four of the columns.
    expect(
      helpTable([...bindingsOf(screen), { shown: 'Ctrl-C', help: 'quit at once' }], 96, 26).lines,
    ).toBeLessThanOrEqual(26);
  });

  test('scrolls only if it must', () => {
    const entries = bindingsOf('share');
    expect(helpTable(entries, 200, 60).columns).toHaveLength(1);
    expect(helpTable(entries, 76, 20).lines).toBeGreaterThan(20);
  });
});
