import { useEffect, useRef, useState } from 'react';
import type { PacketLine } from '../../analysis/flow.js';
import type {
  InspectedPort,
  PacketDetail,
  PacketEvent,
  PacketFeed,
  PacketTotals,
  StartPacketFeed,
} from '../../session/inspect/packet-messages.js';

export interface Packets {
  readonly lines: readonly PacketLine[];
  readonly totals: PacketTotals | null;
  readonly skipped: number;
  /** The one requested last. */
  readonly detail: PacketDetail | null;
  /** Why there are none, in one line. */
  readonly unavailable: string | null;
  ask(number: number): void;
}

/** As many as can be looked at in detail. */
const KEPT = 4000;
const NONE = { lines: [], totals: null, skipped: 0, detail: null, unavailable: null } as const;

/** Ports as a text, which compares by value. */
export function portsText(ports: readonly InspectedPort[]): string {
  return ports.map(({ port, wire }) => `${port}/${wire ?? ''}`).join(' ');
}

function portOf(text: string): InspectedPort {
  const [port = '', wire = ''] = text.split('/');
  return { port: Number(port), wire: wire === 'classic' || wire === 'rfb' ? wire : null };
}

/** The packets of some ports while the component is shown. @param ports as `portsText` writes them */
export function usePackets(start: StartPacketFeed, ports: string): Packets {
  const [state, setState] = useState<Omit<Packets, 'ask'>>(NONE);
  const feed = useRef<PacketFeed | null>(null);
  useEffect(() => {
    setState(NONE);
    if (ports === '') return;
    const started = start({ ports: ports.split(' ').map(portOf) });
    feed.current = started;
    started.subscribe((event: PacketEvent) => {
      if (event.type === 'unavailable') setState(now => ({ ...now, unavailable: event.why }));
      else if (event.type === 'detail') setState(now => ({ ...now, detail: event.detail }));
      else {
        setState(now => ({
          ...now,
          lines: [...now.lines, ...event.lines].slice(-KEPT),
          totals: event.totals,
          skipped: now.skipped + event.skipped,
        }));
      }
    });
    return () => {
      feed.current = null;
      started.stop();
    };
  }, [start, ports]);
  return { ...state, ask: number => feed.current?.askDetail(number) };
}
