// A child process: light viewers on one share, at the far end of a cable. Says what they have been sent when asked.
import { LightViewer } from './light-viewer.js';
import { COUNT, type LightViewersTask, type ViewerCounts } from './viewer-company.js';

async function connectAll({ count, host, port }: LightViewersTask): Promise<void> {
  const viewers: LightViewer[] = [];
  while (viewers.length < count) viewers.push(await LightViewer.connect(port, { host, modern: true }));
  const counts = (): ViewerCounts => ({
    bytes: viewers.map(({ bytes }) => bytes),
    updates: viewers.map(({ updates }) => updates.length),
  });
  process.on('message', message => message === COUNT && process.send?.(counts()));
  process.send?.(counts());
}

process.on('disconnect', () => process.exit(0));
void connectAll(JSON.parse(process.argv[2] ?? '{}') as LightViewersTask);
