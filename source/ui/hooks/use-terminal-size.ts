import { createContext, useContext, useEffect, useState } from 'react';
import type { ScreenPainter } from '../screen-painter.js';

export const PainterContext = createContext<ScreenPainter | null>(null);

export function usePainter(): ScreenPainter {
  const painter = useContext(PainterContext);
  if (painter === null) throw new Error('A screen must be drawn within a PainterContext.');
  return painter;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The size of the terminal, and a new drawing when it changes. */
export function useTerminalSize(): TerminalSize {
  const painter = usePainter();
  const [size, setSize] = useState<TerminalSize>({ columns: painter.columns, rows: painter.rows });
  useEffect(() => {
    const resized = (): void => setSize({ columns: painter.columns, rows: painter.rows });
    painter.on('sized', resized);
    return () => {
      painter.off('sized', resized);
    };
  }, [painter]);
  return size;
}
