import { type ErrorReport, PeerglassError } from '../core/errors.js';
import type { AppServices } from '../session/app-services.js';
import type { BakeoffReport } from '../session/bakeoff.js';
import { type Listening, viewerPort } from '../session/messages.js';
import { bakeoffText } from './bakeoff-text.js';
import type { BakeoffCommand } from './command.js';

export interface BakeoffWorld {
  readonly services: Pick<AppServices, 'startShare' | 'startWatch'>;
  /** For a program or a person, on standard output. */
  print(text: string): Promise<void>;
  onInterrupt(listener: (exitCode: number) => void): void;
}

/**
 * Shares to a viewer on this machine until there are some frames, tries every encoding on them, and prints the results.
 * @returns the exit code
 * @throws PeerglassError what ended the share or the viewer before
 */
export async function runBakeoff(command: BakeoffCommand, world: BakeoffWorld): Promise<number> {
  /** The viewer goes before the sharer, which would else see it leave. */
  const stops: (() => Promise<void>)[] = [];
  let timer: NodeJS.Timeout | undefined;
  try {
    const outcome = await new Promise<BakeoffReport | number>((resolve, reject) => {
      world.onInterrupt(resolve);
      const ended = ({ error }: { readonly error: ErrorReport | null }) => {
        if (error) reject(PeerglassError.from(error));
      };
      const share = world.services.startShare(command.share);
      stops.unshift(() => share.stop());
      const ask = () => share.send({ type: 'bakeoff', viewer: null, link: command.link });
      const startViewer = (wires: readonly Listening[]) => {
        const { wire, port } = viewerPort(wires)!;
        const watch = world.services.startWatch({ ...command.watch, wire, peer: { host: '127.0.0.1', port } });
        stops.unshift(() => watch.stop());
        watch.subscribe(event => {
          if (event.type === 'ended') ended(event);
        });
      };
      share.subscribe(event => {
        if (event.type === 'listening') startViewer(event.wires);
        else if (event.type === 'bakeoff' && event.report.state !== 'running') resolve(event.report);
        else if (event.type === 'ended') ended(event);
        else if (event.type === 'snapshot' && event.snapshot.viewers.some(({ state }) => state === 'watching')) {
          timer ??= setTimeout(ask, command.seconds * 1000);
        }
      });
    });
    if (typeof outcome === 'number') return outcome;
    if (outcome.problem !== null) throw new PeerglassError('E_PEER_CLOSED', outcome.problem);
    await world.print(command.json ? `${JSON.stringify(outcome)}\n` : bakeoffText(outcome));
    return 0;
  } finally {
    clearTimeout(timer);
    for (const stop of stops) await stop();
  }
}
