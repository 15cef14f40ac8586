import { describe, expect, test } from 'vitest';
import { FLAGS } from '../../source/cli/flags.js';
import { parseBroadcastRate, parseMaxRate, rateText } from '../../source/session/option-values.js';
import { BROADCAST_DEFAULTS } from '../../source/session/share-options.js';
import { initialShareValues, shareFields, shareOptionsOf, shareProblems } from '../../source/ui/share-form-values.js';
import { settingsText } from '../../source/ui/share-lines.js';
import { WATCH_FORM_DEFAULTS, watchFields } from '../../source/ui/watch-form-values.js';
import { TWO_MONITORS } from '../helpers/fake-sessions.js';

const BROADCASTING = { ...initialShareValues({}, TWO_MONITORS), broadcast: 'on' };

function labelOf(fields: readonly { readonly name: string; readonly label: string }[], name: string): string {
  return fields
    .find(each => each.name === name)!
    .label.toLowerCase()
    .replace(' ', '-');
}

describe('one word for one rate', () => {
  test('a field has the name of its flag', () => {
    const share = shareFields(BROADCASTING, TWO_MONITORS);
    const watch = watchFields({ ...WATCH_FORM_DEFAULTS, wire: 'rfb' });
    expect(labelOf(share, 'maxRate')).toBe('max-rate');
    expect(labelOf(watch, 'maxRate')).toBe('max-rate');
    expect(labelOf(share, 'uplink')).toBe('uplink');
    expect(labelOf(share, 'broadcastRate')).toBe('rate');
    expect(FLAGS.find(({ name }) => name === 'rate')?.help).toContain('broadcast');
    for (const name of ['max-rate', 'uplink'])
      expect(FLAGS.find(flag => flag.name === name)?.help).not.toContain('broadcast');
  });

  test('the form sets the rate of a broadcast, and says what is wrong with it', () => {
    expect(shareOptionsOf(BROADCASTING).broadcast?.rate).toBe(BROADCAST_DEFAULTS.rate);
    expect(shareOptionsOf({ ...BROADCASTING, broadcastRate: '8.5mbit' }).broadcast?.rate).toBe(1_062_500);
    const { broadcastRate } = shareProblems({ ...BROADCASTING, broadcastRate: '10kbit' }, TWO_MONITORS);
    expect(broadcastRate).toContain('rate of a broadcast is 100kbit to 1gbit');
    expect(shareProblems({ ...BROADCASTING, maxRate: '10kbit' }, TWO_MONITORS).maxRate).toContain('max rate');
  });

  test('the dashboard names each limit as its flag', () => {
    const options = { ...shareOptionsOf(BROADCASTING), maxRate: 2_500_000, uplink: 12_500_000 };
    expect(settingsText(null, options, null)).toContain(
      'uplink 100 Mbit/s  max rate 20 Mbit/s  broadcast rate 4 Mbit/s',
    );
  });

  test('in a terminal of 80 columns the dashboard has room for the limit that a key has just set', () => {
    const panel = 80 - 20;
    for (const limit of [{ uplink: 12_500_000 }, { maxRate: 12_500_000 }]) {
      const options = { ...shareOptionsOf(BROADCASTING), broadcast: null, ...limit };
      expect(settingsText(null, options, null).slice(0, panel)).toContain(' 100 Mbit/s');
    }
  });

  test('a rate is written as it is typed', () => {
    for (const text of ['4mbit', '8500kbit', '1000mbit']) {
      for (const parsed of [parseBroadcastRate(text), parseMaxRate(text)])
        expect(parsed.ok && rateText(parsed.value)).toBe(text);
    }
  });
});
