import { createContext, useContext } from 'react';
import { luminance, nearest256, type Rgb, rgbOf } from './palette.js';

/** What a colour means here; screens never name a colour themselves. */
export type Tone = 'plain' | 'muted' | 'accent' | 'good' | 'warning' | 'bad' | 'first' | 'second';

/** What the terminal's background is; null: it is not known. */
export type Background = 'dark' | 'light' | null;

export type Palette = Readonly<Record<Tone, string | null>>;

export interface Theme {
  /** Ink's names of colours, or null where there are none (NO_COLOR). */
  readonly colours: Palette;
  /** Whether braille dots can be drawn; the Linux console's font has none. */
  readonly braille: boolean;
  /** How a picture can be drawn: 24-bit colours, the nearest of the 256, or in greys of characters. */
  readonly pictures: 'true' | '256' | 'characters';
  /**
   * Whether bold takes a colour's contrast away: most terminals show bold text in the bright one of their own 16
   * colours, which is pale on a light background.
   */
  readonly boldFades: boolean;
}

/** Whether bold text of that tone is to be bold. */
export function isBold({ colours, boldFades }: Theme, tone: Tone): boolean {
  return colours[tone] === null || !boldFades;
}

/**
 * Colours of the cube of 256, so that they look the same with 256 colours and with more. Each has a contrast of 4.5 at
 * least to the usual backgrounds of its kind; those for an unknown one to black and to white.
 */
export const PALETTES: Readonly<Record<'dark' | 'light' | 'unknown', Palette>> = {
  dark: {
    plain: null,
    muted: '#afafaf',
    accent: '#5fd7ff',
    good: '#87d787',
    warning: '#d7af5f',
    bad: '#ff8787',
    first: '#5fd7ff',
    second: '#d7afff',
  },
  light: {
    plain: null,
    muted: '#5f5f5f',
    accent: '#005faf',
    good: '#005f00',
    warning: '#875f00',
    bad: '#af0000',
    first: '#005faf',
    second: '#8700af',
  },
  unknown: {
    plain: null,
    muted: '#767676',
    accent: '#5f5fff',
    good: '#00875f',
    warning: '#d700af',
    bad: '#af5f5f',
    first: '#5f5fff',
    second: '#875fd7',
  },
};

/**
 * The terminal's own colours, where there are no others: those that read on either background in the usual sets of 16.
 */
export const NAMED_PALETTES: Readonly<Record<'dark' | 'light', Palette>> = {
  dark: {
    plain: null,
    muted: 'white',
    accent: 'cyan',
    good: 'green',
    warning: 'yellowBright',
    bad: 'redBright',
    first: 'cyan',
    second: 'magentaBright',
  },
  light: {
    plain: null,
    muted: null,
    accent: 'blue',
    good: 'blue',
    warning: 'magenta',
    bad: 'red',
    first: 'blue',
    second: 'magenta',
  },
};

function mapped(palette: Palette, change: (colour: string) => string | null): Palette {
  const entries = Object.entries(palette).map(([tone, colour]) => [tone, colour === null ? null : change(colour)]);
  return Object.fromEntries(entries) as Palette;
}

const NONE = mapped(PALETTES.dark, () => null);

/** By the custom of no-color.org: any value but an empty one asks for none. */
function wantsNoColour(environment: NodeJS.ProcessEnv): boolean {
  return Boolean(environment.NO_COLOR);
}

/** Whichever of black and white text would read better on it. */
export function backgroundOf(colour: Rgb): 'dark' | 'light' {
  return luminance(colour) > 0.179 ? 'light' : 'dark';
}

/**
 * What COLORFGBG says, as rxvt, Konsole and others set it: "15;0" or "0;default;15", the background last, a number of
 * the 16 colours; of those 7 and 9 to 15 are light.
 */
export function backgroundFrom(environment: NodeJS.ProcessEnv): Background {
  const last = /;(\d+)$/.exec(environment.COLORFGBG ?? '')?.[1];
  if (last !== undefined && Number(last) < 16) return Number(last) === 7 || Number(last) > 8 ? 'light' : 'dark';
  return environment.TERM === 'linux' ? 'dark' : null;
}

/** Queries the background colour (OSC 11); `backgroundAnswer` reads the reply. */
export const ASK_BACKGROUND = '\u001b]11;?\u001b\\';

/** Whether to query a terminal: its colours depend on the background, and it skips unknown sequences. */
export function asksBackground(environment: NodeJS.ProcessEnv, depth: number): boolean {
  const { TERM = '' } = environment;
  return depth > 1 && !wantsNoColour(environment) && !/^(linux|dumb|cons25|vt\d+)?$/.test(TERM);
}

/**
 * The answer to OSC 11 without its introducer: "11;rgb:1e1e/1e1e/1e1e", with one to four digits each; null: another
 * one.
 */
export function backgroundAnswer(text: string): Background {
  const match = /^11;rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})/i.exec(text);
  if (!match) return null;
  const [red, green, blue] = match.slice(1).map(digits => {
    return Math.round((Number.parseInt(digits, 16) / (16 ** digits.length - 1)) * 255);
  }) as [number, number, number];
  return backgroundOf([red, green, blue]);
}

/** @param depth bits, from `tty.WriteStream.getColorDepth` @param asked the terminal's own reply */
export function chooseTheme(environment: NodeJS.ProcessEnv, depth: number, asked: Background = null): Theme {
  const braille = environment.TERM !== 'linux' && environment.TERM !== 'dumb';
  if (wantsNoColour(environment) || depth === 1)
    return { colours: NONE, braille, pictures: 'characters', boldFades: false };
  const background = asked ?? backgroundFrom(environment);
  if (depth < 8) {
    const kind = background ?? 'dark';
    return { colours: NAMED_PALETTES[kind], braille, pictures: 'characters', boldFades: kind === 'light' };
  }
  const colours = PALETTES[background ?? 'unknown'];
  if (depth >= 24) return { colours, braille, pictures: 'true', boldFades: false };
  const numbered = mapped(colours, hex => `ansi256(${nearest256(...rgbOf(hex))})`);
  return { colours: numbered, braille, pictures: '256', boldFades: false };
}

export const ThemeContext = createContext<Theme>({
  colours: NONE,
  braille: true,
  pictures: 'characters',
  boldFades: false,
});

export function useTheme(): Theme {
  return useContext(ThemeContext);
}
