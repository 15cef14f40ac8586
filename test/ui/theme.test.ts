import { describe, expect, test } from 'vitest';
import { halfBlocks } from '../../source/ui/half-blocks.js';
import { luminance, nearest256, type Rgb, rgbOf } from '../../source/ui/palette.js';
import { InputParser } from '../../source/ui/terminal-input.js';
import {
  asksBackground,
  backgroundAnswer,
  backgroundFrom,
  backgroundOf,
  chooseTheme,
  isBold,
  NAMED_PALETTES,
  PALETTES,
  type Palette,
  type Tone,
} from '../../source/ui/theme.js';
import { ThemeStore } from '../../source/ui/theme-store.js';

const STEPS = [0, 95, 135, 175, 215, 255];

/** What a number of xterm's cube of colours (16-231) or ramp of greys looks like. */
function colourOf256(number: number): Rgb {
  if (number >= 232) {
    const grey = 8 + 10 * (number - 232);
    return [grey, grey, grey];
  }
  const index = number - 16;
  return [STEPS[Math.floor(index / 36)]!, STEPS[Math.floor(index / 6) % 6]!, STEPS[index % 6]!];
}

const coloursOf = (palette: Palette) =>
  Object.entries(palette).filter((entry): entry is [string, string] => entry[1] !== null);

/** Of two colours, 1 to 21, as WCAG 2 defines it. */
function contrast(a: Rgb, b: Rgb): number {
  const [first, second] = [luminance(a), luminance(b)];
  return (Math.max(first, second) + 0.05) / (Math.min(first, second) + 0.05);
}

describe('the 256 colours', () => {
  test('the nearest is the nearest of the cube and the ramp of greys', () => {
    const all = Array.from({ length: 240 }, (_, index) => index + 16);
    const away = (number: number, [r, g, b]: Rgb) => {
      const [red, green, blue] = colourOf256(number);
      return (red - r) ** 2 + (green - g) ** 2 + (blue - b) ** 2;
    };
    let seed = 7;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return (seed >> 8) % 256;
    };
    const colours: Rgb[] = [
      [0x30, 0x50, 0x6b],
      [0, 0, 0],
      [255, 255, 255],
      [128, 128, 128],
      [94, 134, 174],
    ];
    for (let count = 0; count < 2000; count++) colours.push([random(), random(), random()]);
    for (const colour of colours) {
      const least = Math.min(...all.map(number => away(number, colour)));
      expect(away(nearest256(...colour), colour), `${colour}`).toBe(least);
    }
  });

  test('a picture: #30506b is no longer #5f8787', () => {
    const rgb = new Uint8Array([0x30, 0x50, 0x6b, 0, 95, 135]);
    const [line] = halfBlocks({ columns: 1, rows: 2, rgb }, '256');
    expect(line).toBe('\u001b[38;5;239;48;5;24m▀');
    expect(colourOf256(239)).toEqual([0x4e, 0x4e, 0x4e]);
    expect(colourOf256(24)).toEqual([0, 95, 135]);
  });
});

describe('contrast', () => {
  const BACKGROUNDS = {
    dark: ['#000000', '#1e1e1e', '#282c34', '#002b36', '#300a24', '#2e3440'],
    light: ['#ffffff', '#fdf6e3', '#eeeeee', '#f5f5f5'],
    unknown: ['#000000', '#ffffff'],
  } as const;

  test.each(['dark', 'light', 'unknown'] as const)('of every text is 4.5 at least: %s', kind => {
    for (const [tone, colour] of coloursOf(PALETTES[kind])) {
      for (const background of BACKGROUNDS[kind]) {
        expect(contrast(rgbOf(colour), rgbOf(background)), `${tone} on ${background}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  test('256 colours show exactly the same', () => {
    for (const palette of Object.values(PALETTES)) {
      for (const [, colour] of coloursOf(palette)) {
        expect(colourOf256(nearest256(...rgbOf(colour)))).toEqual(rgbOf(colour));
      }
    }
  });

  /** Of xterm and of the VGA console. */
  const SIXTEEN: Readonly<Record<string, readonly [string, string]>> = {
    black: ['#000000', '#000000'],
    red: ['#cd0000', '#aa0000'],
    green: ['#00cd00', '#00aa00'],
    yellow: ['#cdcd00', '#aa5500'],
    blue: ['#0000ee', '#0000aa'],
    magenta: ['#cd00cd', '#aa00aa'],
    cyan: ['#00cdcd', '#00aaaa'],
    white: ['#e5e5e5', '#aaaaaa'],
    redBright: ['#ff0000', '#ff5555'],
    yellowBright: ['#ffff00', '#ffff55'],
    magentaBright: ['#ff00ff', '#ff55ff'],
  };

  test.each([
    ['dark', '#000000'],
    ['light', '#ffffff'],
  ] as const)('of the 16 colours as xterm and the console have them: %s', (kind, background) => {
    for (const [tone, name] of coloursOf(NAMED_PALETTES[kind])) {
      for (const colour of SIXTEEN[name]!) {
        expect(contrast(rgbOf(colour), rgbOf(background)), `${tone} ${colour}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });
});

const PLAIN: readonly Tone[] = ['muted', 'plain'];
const COLOURED: readonly Tone[] = ['accent', 'bad', 'warning', 'good'];

test('bold takes no contrast away: where a terminal brightens it on a light background, only plain text is bold', () => {
  const light = chooseTheme({}, 4, 'light');
  expect(PLAIN.every(tone => isBold(light, tone))).toBe(true);
  expect(COLOURED.some(tone => isBold(light, tone))).toBe(false);
  for (const other of [chooseTheme({}, 4, 'dark'), chooseTheme({}, 8, 'light'), chooseTheme({}, 24, 'light')]) {
    expect(isBold(other, 'accent')).toBe(true);
  }
});

describe('the theme', () => {
  test('NO_COLOR and poor terminals', () => {
    expect(Object.values(chooseTheme({ NO_COLOR: '1' }, 24).colours).every(colour => colour === null)).toBe(true);
    expect(chooseTheme({ NO_COLOR: '1' }, 24, 'light').pictures).toBe('characters');
    expect(chooseTheme({ NO_COLOR: '' }, 24).pictures).toBe('true');
    expect(chooseTheme({}, 1).colours.accent).toBeNull();
    expect(chooseTheme({ TERM: 'linux' }, 4)).toMatchObject({ braille: false, colours: NAMED_PALETTES.dark });
  });

  test("follows the terminal's answer, then COLORFGBG, else suits both", () => {
    expect(chooseTheme({ COLORFGBG: '15;0' }, 24, 'light').colours).toBe(PALETTES.light);
    expect(chooseTheme({ COLORFGBG: '0;15' }, 24).colours).toBe(PALETTES.light);
    expect(chooseTheme({}, 24).colours).toBe(PALETTES.unknown);
    expect(chooseTheme({}, 8, 'light')).toMatchObject({ pictures: '256', colours: { accent: 'ansi256(25)' } });
    expect(chooseTheme({}, 4, 'light').colours).toBe(NAMED_PALETTES.light);
  });

  test('reads COLORFGBG', () => {
    const read = (COLORFGBG: string) => backgroundFrom({ COLORFGBG });
    expect(['15;0', '0;15', '0;default;15', '12;8', '0;7', '0;default', '', '1;99'].map(read)).toEqual([
      'dark',
      'light',
      'light',
      'dark',
      'light',
      null,
      null,
      null,
    ]);
  });

  test('distinguishes light from dark', () => {
    expect(['#ffffff', '#fdf6e3', '#808080', '#6c6c6c', '#2e3440'].map(hex => backgroundOf(rgbOf(hex)))).toEqual([
      'light',
      'light',
      'light',
      'dark',
      'dark',
    ]);
  });
});

describe('the terminal that is asked', () => {
  function heard(bytes: string, cuts: readonly number[] = []): { answers: string[]; keys: string[] } {
    const answers: string[] = [];
    const parser = new InputParser(text => answers.push(text));
    const places = [0, ...cuts, bytes.length];
    const events = places
      .slice(1)
      .flatMap((end, index) => parser.push(Buffer.from(bytes.slice(places[index], end), 'latin1'), 0));
    return { answers, keys: events.map(event => (event.type === 'key' ? event.key : event.character)) };
  }

  test('is understood however its answer is split and terminated, and no byte of it is a key', () => {
    const colour = '11;rgb:ffff/fafa/e3e3';
    for (const answer of [`\u001b]${colour}\u001b\\`, `\u001b]${colour}\u0007`, `\u009d${colour}\u009c`]) {
      for (let cut = 1; cut < answer.length; cut++) {
        expect(heard(`j${answer}k`, [cut])).toEqual({ answers: [colour], keys: ['j', 'k'] });
      }
    }
    expect(heard(`\u001b]${'y'.repeat(5000)}\u0007\u001bPy\u001b\\n`)).toEqual({ answers: [], keys: ['n'] });
  });

  test('reports its background in any of the usual notations', () => {
    const told = [
      '11;rgb:ffff/ffff/ffff',
      '11;rgb:1e/1e/1e',
      '11;rgba:fdfd/f6f6/e3e3/ffff',
      '11;rgb:f/f/f',
      '10;rgb:f/f/f',
      'l',
    ];
    expect(told.map(backgroundAnswer)).toEqual(['light', 'dark', 'light', 'light', null, null]);
  });

  test('is asked only where it matters, and where the question is not printed', () => {
    expect(asksBackground({ TERM: 'xterm-256color' }, 8)).toBe(true);
    expect(asksBackground({ TERM: 'tmux-256color' }, 24)).toBe(true);
    for (const environment of [{ TERM: 'linux' }, { TERM: 'dumb' }, { TERM: 'vt100' }, {}]) {
      expect(asksBackground(environment, 8)).toBe(false);
    }
    expect(asksBackground({ TERM: 'xterm', NO_COLOR: '1' }, 8)).toBe(false);
    expect(asksBackground({ TERM: 'xterm' }, 1)).toBe(false);
  });

  test('changes the theme when it answers, soon or late', async () => {
    const store = new ThemeStore({ TERM: 'xterm', COLORFGBG: '15;0' }, 24);
    expect(store.get().colours).toBe(PALETTES.dark);
    let changes = 0;
    store.subscribe(() => changes++);
    await store.told(1);
    const soon = store.told(60_000);
    store.tell('light');
    await soon;
    expect(store.get().colours).toBe(PALETTES.light);
    expect(changes).toBe(1);
  });
});
