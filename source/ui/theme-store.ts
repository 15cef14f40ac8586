import { asksBackground, type Background, chooseTheme, type Theme } from './theme.js';

/** The theme in use; it changes when the terminal reports its background. */
export class ThemeStore {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #depth: number;
  readonly #listeners = new Set<() => void>();
  #asked: Background = null;
  #theme: Theme;

  /** @param depth bits, as `tty.WriteStream.getColorDepth` answers */
  constructor(environment: NodeJS.ProcessEnv, depth: number) {
    this.#environment = environment;
    this.#depth = depth;
    this.#theme = chooseTheme(environment, depth);
  }

  /** Whether the terminal should be asked. */
  get asks(): boolean {
    return asksBackground(this.#environment, this.#depth);
  }

  readonly get = (): Theme => this.#theme;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  tell(background: Background): void {
    const same = background === this.#asked;
    this.#asked = background;
    if (!same) this.#theme = chooseTheme(this.#environment, this.#depth, background);
    for (const listener of [...this.#listeners]) listener();
  }

  /** Resolves once the terminal has reported it, or after a timeout. */
  told(ms: number): Promise<void> {
    return new Promise(resolve => {
      const over = (): void => {
        clearTimeout(timer);
        forget();
        resolve();
      };
      const timer = setTimeout(over, ms);
      const forget = this.subscribe(over);
    });
  }
}
