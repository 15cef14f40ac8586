import { build } from 'esbuild';
import type { WebFile } from '../../source/transport/web-listener.js';
import { webFile } from './canvas-share.js';

const NOVNC = "import RFB from '@novnc/novnc'; new RFB(document.body, 'ws://' + location.host + '/rfb');";

/** noVNC in a page, for whoever serves it: it connects there. */
export async function noVncPage(): Promise<Map<string, WebFile>> {
  const { outputFiles } = await build({
    stdin: { contents: NOVNC, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  });
  return new Map([
    ['/', webFile('text/html', '<!doctype html><body><script type="module" src="novnc.js"></script>')],
    ['/novnc.js', webFile('text/javascript', outputFiles[0]!.text)],
  ]);
}
