import { useContext, useLayoutEffect, useRef, useState } from 'react';
import { type InputHandler, KeyRouterContext } from '../key-router.js';
import { type Handlers, type KeyScreen, press } from '../keys.js';
import type { TerminalInput } from '../terminal-input.js';

/** Handles every input while `active`; of several active handlers the one that began last has them. */
function useInputHandler(handler: InputHandler, active = true): void {
  const router = useContext(KeyRouterContext);
  const latest = useRef(handler);
  latest.current = handler;
  // With the drawing itself and not after it, so that the next key finds the screen that is shown.
  useLayoutEffect(() => (active ? router.add(input => latest.current(input)) : undefined), [router, active]);
}

/** Tells the router when a drawing is done; once for all screens, in the component around them. */
export function useSettledKeys(): void {
  const router = useContext(KeyRouterContext);
  const [turn, setTurn] = useState<{ readonly drawn: () => void } | null>(null);
  // A change asked for after others is drawn with them, or after them.
  useLayoutEffect(() => {
    router.settle = drawn => setTurn({ drawn });
  }, [router]);
  useLayoutEffect(() => {
    turn?.drawn();
  }, [turn]);
}

/** Keeps the keys for the screen that takes this one's place; `cancel` is what Escape and q do meanwhile. */
export function useKeptKeys(cancel: () => void): void {
  const router = useContext(KeyRouterContext);
  const kept = useRef<TerminalInput[]>([]);
  useInputHandler(input => {
    if (input.type === 'key' && (input.key === 'escape' || input.key === 'q')) {
      kept.current = [];
      cancel();
    } else {
      kept.current.push(input);
    }
  });
  useLayoutEffect(() => () => router.again(kept.current), [router]);
}

/**
 * Handles the keys of a screen in the table of keys; `otherwise` gets the keys that it does not have, and the
 * characters of what is pasted: those are never keys of the table.
 */
export function useKeys<Screen extends KeyScreen>(
  screen: Screen,
  handlers: Handlers<Screen>,
  options: { readonly active?: boolean; readonly otherwise?: (key: string) => void } = {},
): void {
  useInputHandler(input => {
    if (input.type === 'pasted') options.otherwise?.(input.character);
    else if (!press(screen, input.key, handlers)) options.otherwise?.(input.key);
  }, options.active ?? true);
}
