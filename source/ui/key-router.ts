import { createContext } from 'react';
import type { TerminalInput } from './terminal-input.js';

/** Is given one input at a time. */
export type InputHandler = (input: TerminalInput) => void;

/** Calls back when everything that was changed so far is drawn. */
export type Settle = (drawn: () => void) => void;

/**
 * Gives each key to the handler that is active when its turn comes: the one that began last. Keys that came together
 * are handed on one at a time, each when what the one before it changed is drawn, so that "2" may bring up the form
 * that the next character is typed into.
 */
export class KeyRouter {
  readonly #handlers: InputHandler[] = [];
  readonly #waiting: TerminalInput[] = [];
  #draining = false;
  /** Given by the screens as soon as there are any. */
  settle: Settle = drawn => setImmediate(drawn);

  /** Begins to handle keys; returns what ends that. */
  add(handler: InputHandler): () => void {
    this.#handlers.push(handler);
    return () => {
      const index = this.#handlers.indexOf(handler);
      if (index >= 0) this.#handlers.splice(index, 1);
    };
  }

  push(inputs: readonly TerminalInput[]): void {
    this.#waiting.push(...inputs);
    if (!this.#draining) this.#drain();
  }

  /**
   * Hands inputs on once more, before those that wait: a screen kept them for the one that has just taken its place.
   */
  again(inputs: readonly TerminalInput[]): void {
    if (inputs.length === 0) return;
    this.#waiting.unshift(...inputs);
    if (!this.#draining) this.#later();
  }

  #drain(): void {
    const input = this.#waiting.shift();
    this.#draining = input !== undefined;
    if (input === undefined) return;
    this.#handlers.at(-1)?.(input);
    this.#later();
  }

  #later(): void {
    this.#draining = true;
    this.settle(() => setImmediate(() => this.#drain()));
  }
}

export const KeyRouterContext = createContext(new KeyRouter());
