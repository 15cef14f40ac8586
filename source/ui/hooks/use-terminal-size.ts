import { createContext, useCallback, useContext, useSyncExternalStore } from 'react';
import type { ScreenPainter, TerminalSize } from '../screen-painter.js';

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
