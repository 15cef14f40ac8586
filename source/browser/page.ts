import { PeerglassError } from '../core/errors.js';
import { type BroadcastLink, readBroadcastLink } from '../protocols/broadcast/link.js';
import { Card } from './card.js';
import { codeOf } from './codes.js';
import { byId, say } from './elements.js';
import { ownSeed, remember, remembered } from './memory.js';
import type { FromWorker, ToWorker, ViewerState } from './messages.js';
import { lineOf, Panel } from './panel.js';
import { protectionText, protectionWords } from './protection.js';
import { type Scale, Stage } from './stage.js';
import { lacking } from './support.js';
import type { WatchFacts } from './watch-facts.js';

/** The bar hides after this long without input. */
const IDLE_MS = 3000;
const NOTICE_MS = 5000;
const SCALES: readonly Scale[] = ['fit', 1, 2, 3];

/** The keys of the `peerglass watch` window, as far as browsers leave them to the page. */
const KEYS: readonly (readonly [keys: string, help: string])[] = [
  ['f', 'toggle full screen (also double click)'],
  ['0', 'fit the picture to the window'],
  ['1 2 3', 'pixel for pixel, twice, three times'],
  ['o', 'next scale'],
  ['Arrows', 'pan a picture larger than the window'],
  ['Space', 'freeze/resume the picture'],
  ['c', "show/hide the sharer's pointer"],
  ['s', 'save the picture as a PNG file'],
  ['r', 'reset the charts'],
  ['?', 'figures and keys'],
  ['q', 'stop watching'],
];

const canvas = byId<HTMLCanvasElement>('picture');
const bar = byId('bar');
const stage = new Stage(byId('stage'), canvas);
const card = new Card();
const panel = new Panel(KEYS);
const https = location.protocol === 'https:';

let worker: Worker | null = null;
let state: ViewerState = { name: 'connecting' };
let facts: WatchFacts | null = null;
let shareName = '';
let frozen = false;
let cursor = true;
let idleTimer: ReturnType<typeof setTimeout> | undefined;
let noticeTimer: ReturnType<typeof setTimeout> | undefined;
let wakeLock: WakeLockSentinel | null = null;

function tell(message: ToWorker, transfer: Transferable[] = []): void {
  worker?.postMessage(message, transfer);
}

// Messages from the worker.

function heard(message: FromWorker): void {
  switch (message.type) {
    case 'state':
      enter(message.state);
      break;
    case 'size':
      stage.setSize(message.size);
      panel.size = message.size;
      canvas.setAttribute('aria-label', `The shared screen, ${message.size.width} by ${message.size.height} pixels`);
      break;
    case 'facts':
      take(message.facts);
      break;
    case 'code-works':
      remember('code', message.code);
      break;
    case 'notice':
      notice(message.text);
      break;
    case 'picture':
      download(message.png);
      break;
  }
}

function enter(next: ViewerState): void {
  state = next;
  const watching = state.name === 'watching';
  const still = state.name === 'watching' ? state.still : null;
  // The last picture stays, but does not pass for the present one.
  document.body.dataset.picture = watching ? 'now' : 'old';
  bar.hidden = !watching;
  if (!watching) panel.close();
  say(byId('banner'), still ?? (watching && frozen ? 'Frozen: only this page is paused' : null));
  const note = protectionText({ https, encryption: facts?.encryption });
  card.show(state, state.name === 'unsupported' ? '' : note, Boolean(remembered('name')));
  document.title = title();
  busy();
  void keepAwake();
}

function take(told: WatchFacts): void {
  facts = told;
  panel.take(told);
  if (told.name !== shareName) {
    shareName = told.name;
    document.title = title();
  }
  byId('name').textContent = told.name || location.hostname;
  byId('protection-words').textContent = protectionWords({ https, encryption: told.encryption });
  const { figures, why } = lineOf(told);
  const line = byId('line');
  const [shown, reason] = [...line.children];
  if (shown && reason) {
    shown.textContent = figures;
    reason.textContent = figures && why ? ` · ${why}` : why;
    return;
  }
  const whySpan = Object.assign(document.createElement('span'), { className: 'why' });
  line.replaceChildren(document.createElement('span'), whySpan);
  take(told);
}

function title(): string {
  const words: Partial<Record<ViewerState['name'], string>> = { away: 'away', waiting: 'waiting', ended: 'ended' };
  return [shareName, words[state.name], 'peerglass'].filter(Boolean).join(' - ');
}

function notice(text: string): void {
  say(byId('notice'), text);
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => say(byId('notice'), null), NOTICE_MS);
}

function download(png: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(png);
  link.download = `peerglass-${new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-')}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), NOTICE_MS);
}

/** Keeps the screen from going dark while it is only watched. Browsers allow this over https only. */
async function keepAwake(): Promise<void> {
  if (!('wakeLock' in navigator)) return;
  const wanted = state.name === 'watching' && document.visibilityState === 'visible';
  if (wanted === (wakeLock !== null && !wakeLock.released)) return;
  try {
    if (wanted) wakeLock = await navigator.wakeLock.request('screen');
    else await wakeLock?.release();
  } catch {
    // The system refuses, for example on a low battery.
  }
}

// Input of the user.

/** Shows the bar until there has been no input for a while. */
function busy(): void {
  document.body.removeAttribute('data-idle');
  clearTimeout(idleTimer);
  idleTimer = setTimeout(idle, IDLE_MS);
}

function idle(): void {
  const used = panel.open || bar.matches(':hover, :focus-within');
  if (state.name === 'watching' && !used) document.body.setAttribute('data-idle', '');
}

function setScale(scale: Scale): void {
  stage.setScale(scale);
  for (const button of document.querySelectorAll<HTMLElement>('[data-scale]')) {
    button.setAttribute('aria-pressed', String(button.dataset.scale === String(scale)));
  }
}

function toggleFullscreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else if (document.fullscreenEnabled) void document.documentElement.requestFullscreen();
}

function toggleFreeze(): void {
  frozen = !frozen;
  byId('freeze').setAttribute('aria-pressed', String(frozen));
  tell({ type: 'freeze', frozen });
  enter(state);
}

function toggleCursor(): void {
  cursor = !cursor;
  tell({ type: 'cursor', shown: cursor });
  byId('pointer').textContent = cursor ? 'Hide pointer' : 'Show pointer';
  notice(cursor ? "The sharer's pointer is shown" : "The sharer's pointer is hidden");
}

function stop(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  tell({ type: 'stop' });
}

/** @returns whether the key has a meaning here */
function press(key: string): boolean {
  switch (key) {
    case 'f':
      toggleFullscreen();
      return true;
    case '0':
      setScale('fit');
      return true;
    case '1':
    case '2':
    case '3':
      setScale(Number(key));
      return true;
    case 'o':
      setScale(SCALES[(SCALES.indexOf(stage.scale) + 1) % SCALES.length]!);
      return true;
    case 'ArrowLeft':
      stage.pan(-1, 0);
      return true;
    case 'ArrowRight':
      stage.pan(1, 0);
      return true;
    case 'ArrowUp':
      stage.pan(0, -1);
      return true;
    case 'ArrowDown':
      stage.pan(0, 1);
      return true;
    case ' ':
      toggleFreeze();
      return true;
    case 'c':
      toggleCursor();
      return true;
    case 's':
      tell({ type: 'save' });
      return true;
    case 'r':
      panel.reset();
      return true;
    case '?':
      panel.toggle();
      return true;
    case 'Escape':
      panel.close();
      return true;
    case 'q':
      stop();
      return true;
    default:
      return false;
  }
}

function onKey(event: KeyboardEvent): void {
  busy();
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || state.name !== 'watching') return;
  if (target instanceof HTMLInputElement || (target instanceof HTMLButtonElement && key === ' ')) return;
  if (panel.open && key.startsWith('Arrow')) return;
  if (press(key)) event.preventDefault();
}

function listen(): void {
  addEventListener('keydown', onKey);
  addEventListener('pointermove', busy, { passive: true });
  addEventListener('pointerdown', busy, { passive: true });
  byId('stage').addEventListener('dblclick', () => {
    if (state.name === 'watching' && !stage.moved) toggleFullscreen();
  });
  for (const button of document.querySelectorAll<HTMLElement>('[data-scale]')) {
    button.addEventListener('click', () =>
      setScale(button.dataset.scale === 'fit' ? 'fit' : Number(button.dataset.scale)),
    );
  }
  byId('freeze').addEventListener('click', toggleFreeze);
  byId('save').addEventListener('click', () => tell({ type: 'save' }));
  byId('pointer').addEventListener('click', toggleCursor);
  byId('reset').addEventListener('click', () => panel.reset());
  byId('stop').addEventListener('click', stop);
  const fullscreen = byId('fullscreen');
  // On an iPhone only videos can be full screen.
  fullscreen.hidden = !document.fullscreenEnabled;
  fullscreen.addEventListener('click', toggleFullscreen);
  document.addEventListener('fullscreenchange', () => {
    fullscreen.setAttribute('aria-pressed', String(document.fullscreenElement !== null));
  });
  document.addEventListener('visibilitychange', () => {
    tell({ type: 'visible', visible: document.visibilityState === 'visible' });
    void keepAwake();
  });
  addEventListener('online', () => tell({ type: 'online' }));
  addEventListener('hashchange', () => {
    if (isBroadcast()) {
      // Another link of the same broadcast, or the rest of one that was cut short.
      remember('broadcast', location.href);
      location.reload();
      return;
    }
    const code = takeCode();
    if (code !== null) tell({ type: 'code', code, name: remembered('name') ?? '' });
  });
  card.onAgain(() => {
    if (worker) tell({ type: 'connect' });
    else location.reload();
  });
  card.onName(name => {
    remember('name', name);
    tell({ type: 'name', name });
  });
  card.onCode((code, name) => {
    remember('name', name);
    tell({ type: 'code', code, name });
  });
}

/** The code in the link. It is removed from the address bar, which others may see and the history keeps. */
function takeCode(): string | null {
  const code = codeOf(location.hash);
  if (location.hash !== '') history.replaceState(null, '', location.pathname + location.search);
  return code;
}

/** Whether this page is one of a broadcast, by its place. */
function isBroadcast(): boolean {
  return /\/live\/[\w-]{22}\/?$/.test(location.pathname);
}

/**
 * The broadcast that the page is opened for; null: it watches a sharer. Its key is taken out of the address bar, and
 * kept for when this tab is loaded again.
 * @throws PeerglassError E_BROADCAST_KEY
 */
function takeBroadcast(): BroadcastLink | null {
  if (!isBroadcast()) return null;
  const place = location.href.replace(/#.*$/, '');
  const kept = remembered('broadcast');
  const whole = location.hash === '' && kept?.startsWith(`${place}#`) ? kept : location.href;
  const link = readBroadcastLink(whole);
  remember('broadcast', whole);
  return link;
}

function start(): void {
  let broadcast: BroadcastLink | null = null;
  try {
    broadcast = takeBroadcast();
  } catch (thrown) {
    if (!(thrown instanceof PeerglassError)) throw thrown;
    const { message, remedy } = thrown;
    listen();
    enter({ name: 'ended', message, remedy, again: 'Load again' });
    return;
  }
  const linked = takeCode();
  const lacks = lacking();
  if (lacks !== null) {
    enter({ name: 'unsupported', lacks });
    return;
  }
  listen();
  byId<HTMLInputElement>('viewer-name').value = remembered('name') ?? '';
  enter(state);
  worker = new Worker('worker.js');
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => heard(data);
  worker.onerror = ({ message }) => failed(message);
  const offscreen = canvas.transferControlToOffscreen();
  const url = `${https ? 'wss' : 'ws'}://${location.host}/rfb`;
  const code = broadcast ? null : (linked ?? remembered('code'));
  const own = { code, name: remembered('name') ?? '', seed: ownSeed() };
  tell({ type: 'start', canvas: offscreen, url, broadcast, ...own }, [offscreen]);
  if (document.visibilityState === 'hidden') tell({ type: 'visible', visible: false });
  sendKernels().catch((thrown: Error) => failed(thrown.message));
}

/** Loads the kernels here, while the worker is loaded, which could only ask for them after that. */
async function sendKernels(): Promise<void> {
  tell({ type: 'kernels', module: await WebAssembly.compileStreaming(fetch('kernels.wasm')) });
}

function failed(message: string): void {
  worker?.terminate();
  worker = null;
  enter({ name: 'ended', message: `The page failed: ${message}.`, remedy: 'Load it again.', again: 'Load again' });
}

start();
