import { useEffect, useState } from 'react';
import { usePainter } from './use-terminal-size.js';

/** A question that has not been on the screen this long was not read: a key meant for something else must not answer it. */
const READING_MS = 700;

/**
 * Whether a question has been on the screen long enough to be answered. Another question begins anew, and so does one that is
 * drawn on a terminal that another program had meanwhile.
 * @param question what tells it from others; null while none is shown
 */
export function useReadQuestion(question: string | number | null): boolean {
  const painter = usePainter();
  const [read, setRead] = useState<string | number | null>(null);
  useEffect(() => {
    let timer: NodeJS.Timeout | null = null;
    const begin = (): void => {
      setRead(null);
      if (timer) clearTimeout(timer);
      timer = question === null ? null : setTimeout(() => setRead(question), READING_MS);
    };
    begin();
    painter.on('opened', begin);
    return () => {
      painter.off('opened', begin);
      if (timer) clearTimeout(timer);
    };
  }, [painter, question]);
  return question !== null && read === question;
}
