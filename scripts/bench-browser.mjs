// A viewer of the bench: Chromium in full screen, which watches the share at a port in peerglass's own page or in noVNC.
//   node scripts/bench-browser.mjs page|novnc HOST:PORT WIDTHxHEIGHT
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { CHROMIUM_ARGUMENTS, findProgram } from './programs.mjs';

const ARGUMENTS = [...CHROMIUM_ARGUMENTS, '--kiosk', '--window-position=0,0'];
/** The window is larger than the picture by that, as the display is. */
const MARGIN = 60;
const NOVNC = `import RFB from '@novnc/novnc'; new RFB(document.body, 'ws://' + location.host + '/rfb').showDotCursor = false;`;

/** noVNC stands where the share would have a file, so that it is of the same origin and nothing is in between. */
async function routeNoVnc(context, origin) {
  const { outputFiles } = await build({
    stdin: { contents: NOVNC, resolveDir: import.meta.dirname },
    ...{ bundle: true, write: false, format: 'esm', target: 'es2022', logLevel: 'error' },
  });
  const html = '<!doctype html><body style="margin:0;height:100vh"><script type="module" src="novnc.js"></script>';
  // A page that came from nowhere would have to ask the person whether it may reach this computer.
  await context.grantPermissions(['local-network-access'], { origin });
  await context.route(`${origin}/novnc.html`, route => route.fulfill({ contentType: 'text/html', body: html }));
  await context.route(`${origin}/novnc.js`, route =>
    route.fulfill({ contentType: 'text/javascript', body: outputFiles[0].text }),
  );
}

const [kind, host, size] = process.argv.slice(2);
const [width, height] = size.split('x').map(side => Number(side) + MARGIN);
const origin = `http://${host}`;
// noVNC is usually served by https, where it may decode video. peerglass's page is measured as plain http serves it.
const trusted = `--unsafely-treat-insecure-origin-as-secure=${origin}`;
// Only the window of the browser's own profile is in full screen.
const context = await chromium.launchPersistentContext('', {
  executablePath: findProgram('chromium') ?? 'chromium',
  args: [...ARGUMENTS, `--window-size=${width},${height}`, ...(kind === 'novnc' ? [trusted] : [])],
  headless: false,
  viewport: null,
  // The bench finds the picture's edge on dark ground.
  colorScheme: 'dark',
});
if (kind === 'novnc') await routeNoVnc(context, origin);
// Before there is a picture, which stays where it is first seen. The window is a little larger.
await context.addInitScript(() => {
  document.addEventListener('DOMContentLoaded', () => document.querySelector('[data-scale="1"]')?.click());
});
const page = context.pages()[0] ?? (await context.newPage());
await page.goto(kind === 'novnc' ? `${origin}/novnc.html` : `${origin}/`);
