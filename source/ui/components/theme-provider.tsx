import { type ReactNode, useSyncExternalStore } from 'react';
import { ThemeContext } from '../theme.js';
import type { ThemeStore } from '../theme-store.js';

/** Gives the screens the theme, and draws them anew when it is another one. */
export default function ThemeProvider({
  store,
  children,
}: {
  readonly store: ThemeStore;
  readonly children: ReactNode;
}) {
  return (
    <ThemeContext.Provider value={useSyncExternalStore(store.subscribe, store.get)}>{children}</ThemeContext.Provider>
  );
}
