/** Entry of the worker thread that captures and dissects packets, so that a busy link does not stall the terminal. */
import { parentPort, workerData } from 'node:worker_threads';
import { startPacketCapture } from '../../analysis/packet-capture.js';
import { PacketList } from './packet-list.js';
import type { PacketCommand, PacketEvent, PacketWorkerData } from './packet-messages.js';

const BATCH_MS = 250;

const port = parentPort!;
const send = (event: PacketEvent) => port.postMessage(event);
const { ports } = workerData as PacketWorkerData;
const list = new PacketList(undefined, new Map(ports.map(({ port: number, wire }) => [number, wire])));

const capture = startPacketCapture({
  ports: ports.map(({ port: number }) => number),
  onPackets: packets => list.add(packets),
  onUnavailable: why => {
    send({ type: 'unavailable', why });
    finish();
  },
});
const timer = setInterval(() => {
  const batch = list.take();
  if (batch.lines.length > 0) send({ type: 'packets', ...batch });
}, BATCH_MS);

port.on('message', (command: PacketCommand) => {
  if (command.type === 'stop') finish();
  else send({ type: 'detail', number: command.number, detail: list.detail(command.number) });
});

function finish(): void {
  clearInterval(timer);
  capture.stop();
  port.close();
}
