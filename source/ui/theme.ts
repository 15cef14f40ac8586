import { createContext, useContext } from 'react';

/** What a colour means here; screens never name a colour themselves. */
export type Tone = 'plain' | 'muted' | 'accent' | 'good' | 'warning' | 'bad' | 'first' | 'second';

export interface Theme {
  /** Ink's names of colours, or null where there are none (NO_COLOR). */
  readonly colours: Readonly<Record<Tone, string | null>>;
  /** Whether braille dots can be drawn; the Linux console's font has none. */
  readonly braille: boolean;
  /** How a picture can be drawn: 24-bit colours, the 6x6x6 cube of 256, or in greys of characters. */
  readonly pictures: 'true' | 'cube' | 'characters';
}

const NAMED: Theme['colours'] = {
  plain: null,
  muted: 'gray',
  accent: 'cyan',
  good: 'green',
  warning: 'yellow',
  bad: 'red',
  first: 'cyan',
  second: 'magenta',
};

/** Middle tones, so that they read on a dark and on a light background. */
const CALM: Theme['colours'] = {
  plain: null,
  muted: '#8a8f98',
  accent: '#3f9fc0',
  good: '#55a36a',
  warning: '#c8963c',
  bad: '#d0605e',
  first: '#3f9fc0',
  second: '#a07cc5',
};

const NONE: Theme['colours'] = Object.fromEntries(Object.keys(NAMED).map(tone => [tone, null])) as Theme['colours'];

/** By the custom of no-color.org: any value but an empty one asks for none. */
function wantsNoColour(environment: NodeJS.ProcessEnv): boolean {
  return Boolean(environment.NO_COLOR);
}

/** `depth` is what `tty.WriteStream.getColorDepth` answers: bits. */
export function chooseTheme(environment: NodeJS.ProcessEnv, depth: number): Theme {
  const braille = environment.TERM !== 'linux' && environment.TERM !== 'dumb';
  if (wantsNoColour(environment) || depth === 1) return { colours: NONE, braille, pictures: 'characters' };
  return {
    colours: depth >= 8 ? CALM : NAMED,
    braille,
    pictures: depth >= 24 ? 'true' : depth >= 8 ? 'cube' : 'characters',
  };
}

export const ThemeContext = createContext<Theme>({ colours: NONE, braille: true, pictures: 'characters' });

export function useTheme(): Theme {
  return useContext(ThemeContext);
}
