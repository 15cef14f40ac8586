import type { Key as InkKey } from 'ink';
import { createContext } from 'react';
import { graphemes } from './text.js';

const CONTROL_NAMES: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u001b': 'escape',
};

function special(key: InkKey): string | null {
  if (key.upArrow) return 'up';
  if (key.downArrow) return 'down';
  if (key.leftArrow) return 'left';
  if (key.rightArrow) return 'right';
  if (key.pageUp) return 'pageup';
  if (key.pageDown) return 'pagedown';
  if (key.home) return 'home';
  if (key.end) return 'end';
  if (key.return) return 'enter';
  if (key.escape) return 'escape';
  if (key.tab) return key.shift ? 'shift-tab' : 'tab';
  // Ink calls what the Backspace key sends (DEL) "delete".
  if (key.backspace || key.delete) return 'backspace';
  return null;
}

/**
 * One event of Ink as the keys that were pressed. What is typed fast, or pasted, comes as one text: "1\r" is two keys.
 */
export function keysOf(input: string, key: InkKey): string[] {
  const name = special(key);
  if (name !== null) return [name];
  if (key.ctrl) return [`ctrl-${input}`];
  if (key.meta) return [];
  return graphemes(input)
    .map(character => CONTROL_NAMES[character] ?? character)
    .filter(character => character.length > 1 || character >= ' ');
}

export type KeyHandler = (key: string) => void;

/** Calls back when everything that was changed so far is drawn. */
export type Settle = (drawn: () => void) => void;

/**
 * Gives each key to the handler that is active when its turn comes: the one that began last. Keys that came together
 * are handed on one at a time, each when what the one before it changed is drawn, so that "2" may bring up the form
 * that the next character is typed into.
 */
export class KeyRouter {
  readonly #handlers: KeyHandler[] = [];
  readonly #waiting: string[] = [];
  #draining = false;
  /** Given by the screens as soon as there are any. */
  settle: Settle = drawn => setImmediate(drawn);

  /** Begins to handle keys; returns what ends that. */
  add(handler: KeyHandler): () => void {
    this.#handlers.push(handler);
    return () => {
      const index = this.#handlers.indexOf(handler);
      if (index >= 0) this.#handlers.splice(index, 1);
    };
  }

  push(keys: readonly string[]): void {
    this.#waiting.push(...keys);
    if (!this.#draining) this.#drain();
  }

  /** Hands keys on once more, before those that wait: a screen kept them for the one that has just taken its place. */
  again(keys: readonly string[]): void {
    if (keys.length === 0) return;
    this.#waiting.unshift(...keys);
    if (!this.#draining) this.#later();
  }

  #drain(): void {
    const key = this.#waiting.shift();
    this.#draining = key !== undefined;
    if (key === undefined) return;
    this.#handlers.at(-1)?.(key);
    this.#later();
  }

  #later(): void {
    this.#draining = true;
    this.settle(() => setImmediate(() => this.#drain()));
  }
}

export const KeyRouterContext = createContext(new KeyRouter());
