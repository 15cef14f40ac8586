import { useEffect, useState } from 'react';
import { unixTime } from '../../node/clock.js';

/** The time, told anew every `ms` while the component is shown. */
export function useNow(ms: number): number {
  const [now, setNow] = useState(() => unixTime());
  useEffect(() => {
    const timer = setInterval(() => setNow(unixTime()), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}
