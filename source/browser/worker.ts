import { bindKernels } from '../pixels/pixel-memory.js';
import { browserClock } from './clock.js';
import type { FromWorker, ToWorker } from './messages.js';
import { Viewer } from './viewer.js';
import { findWebCodecs } from './web-codecs.js';
import { WebSocketStream } from './web-socket-stream.js';

/** The used part of a worker's global object, whose types cannot be loaded together with those of a page. */
interface WorkerScope {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
  onunhandledrejection: (event: PromiseRejectionEvent) => void;
}

type Command = Exclude<ToWorker, { type: 'start' | 'kernels' }>;

const scope = self as unknown as WorkerScope;
/** Messages received before there was a viewer. */
let early: Command[] | null = [];
let gotKernels: (module: WebAssembly.Module) => void = () => {};
const kernels = new Promise<WebAssembly.Module>(resolve => {
  gotKernels = resolve;
});
let viewer: Viewer | null = null;

function tell(message: FromWorker): void {
  scope.postMessage(message);
}

async function begin({ code, name, ...start }: ToWorker & { type: 'start' }): Promise<void> {
  // The sharer is reached while the kernels are still on their way.
  const socket = start.broadcast ? null : new WebSocketStream(start.url);
  const [module, createVideo] = await Promise.all([kernels, findWebCodecs()]);
  viewer = new Viewer({
    ...start,
    early: socket,
    memory: bindKernels(module),
    clock: browserClock(),
    createVideo,
    tell,
  });
  viewer.start(code, name);
  for (const message of early ?? []) obey(viewer, message);
  early = null;
}

function obey(viewer: Viewer, message: Command): void {
  switch (message.type) {
    case 'code':
      viewer.start(message.code, message.name);
      break;
    case 'name':
      viewer.introduce(message.name);
      break;
    case 'connect':
      viewer.connect();
      break;
    case 'online':
      viewer.online();
      break;
    case 'visible':
      viewer.setVisible(message.visible);
      break;
    case 'freeze':
      viewer.freeze(message.frozen);
      break;
    case 'cursor':
      viewer.showCursor(message.shown);
      break;
    case 'save':
      void viewer.save();
      break;
    case 'stop':
      viewer.stop();
      break;
  }
}

function failed(thrown: unknown): void {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  tell({ type: 'state', state: { name: 'ended', message: `The page failed: ${message}.`, remedy: 'Load it again.' } });
}

scope.onmessage = ({ data }) => {
  if (data.type === 'start') begin(data).catch(failed);
  else if (data.type === 'kernels') gotKernels(data.module);
  else if (viewer) obey(viewer, data);
  else early?.push(data);
};
scope.onunhandledrejection = ({ reason }) => failed(reason);
