import { browserClock } from './clock.js';
import { loadKernels } from './load-kernels.js';
import type { FromWorker, ToWorker } from './messages.js';
import { Viewer } from './viewer.js';
import { findWebCodecs } from './web-codecs.js';

/** The used part of a worker's global object, whose types cannot be loaded together with those of a page. */
interface WorkerScope {
  readonly location: Location;
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
  onunhandledrejection: (event: PromiseRejectionEvent) => void;
}

const scope = self as unknown as WorkerScope;
/** Messages received before the kernels were loaded. */
let early: Exclude<ToWorker, { type: 'start' }>[] | null = [];
let viewer: Viewer | null = null;

function tell(message: FromWorker): void {
  scope.postMessage(message);
}

async function begin({ code, name, ...start }: ToWorker & { type: 'start' }): Promise<void> {
  const kernels = loadKernels(new URL('kernels.wasm', scope.location.href).href);
  const [memory, createVideo] = await Promise.all([kernels, findWebCodecs()]);
  viewer = new Viewer({ ...start, memory, clock: browserClock(), createVideo, tell });
  viewer.start(code, name);
  for (const message of early ?? []) obey(viewer, message);
  early = null;
}

function obey(viewer: Viewer, message: Exclude<ToWorker, { type: 'start' }>): void {
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
  else if (viewer) obey(viewer, data);
  else early?.push(data);
};
scope.onunhandledrejection = ({ reason }) => failed(reason);
