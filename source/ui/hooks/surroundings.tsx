import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from 'react';
import { unixTime } from '../../node/clock.js';
import type { ScreenPainter, TerminalSize } from '../screen-painter.js';
import { ThemeContext } from '../theme.js';
import type { ThemeStore } from '../theme-store.js';

export const PainterContext = createContext<ScreenPainter | null>(null);

export function usePainter(): ScreenPainter {
  const painter = useContext(PainterContext);
  if (painter === null) throw new Error('A screen must be drawn within a PainterContext.');
  return painter;
}

/** The size of the terminal, and a new drawing when it changes. */
export function useTerminalSize(): TerminalSize {
  const painter = usePainter();
  const subscribe = useCallback(
    (listener: () => void) => {
      painter.on('sized', listener);
      return () => {
        painter.off('sized', listener);
      };
    },
    [painter],
  );
  return useSyncExternalStore(subscribe, painter.size);
}

/** The time, updated every `ms` while the component is shown. */
export function useNow(ms: number): number {
  const [now, setNow] = useState(() => unixTime());
  useEffect(() => {
    const timer = setInterval(() => setNow(unixTime()), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}

/** Provides the theme, and redraws all screens when it changes. */
export function ThemeProvider({ store, children }: { readonly store: ThemeStore; readonly children: ReactNode }) {
  return (
    <ThemeContext.Provider value={useSyncExternalStore(store.subscribe, store.get)}>{children}</ThemeContext.Provider>
  );
}
