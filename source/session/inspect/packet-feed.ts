import { Worker } from 'node:worker_threads';
import { plainData, withoutControls } from '../../core/plain-text.js';
import type { PacketCommand, PacketEvent, StartPacketFeed } from './packet-messages.js';

/** Captures and dissects packets in a thread of its own. */
export const startPacketFeed: StartPacketFeed = data => {
  const listeners = new Set<(event: PacketEvent) => void>();
  const worker = new Worker(new URL('./packet-worker.js', import.meta.url), { workerData: data });
  const tell = (event: PacketEvent) => {
    for (const listener of listeners) listener(event);
  };
  worker.on('message', (event: PacketEvent) => tell(plainData(event)));
  worker.on('error', error =>
    tell({ type: 'unavailable', why: withoutControls(`Capturing failed: ${error.message}`) }),
  );
  const command = (message: PacketCommand) => worker.postMessage(message);
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    askDetail: number => command({ type: 'detail', number }),
    stop() {
      listeners.clear();
      command({ type: 'stop' });
    },
  };
};
