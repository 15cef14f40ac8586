import { plainData } from '../../core/plain-text.js';
import { VIDEO_DECODER_REMEDY } from '../../native/h264-decoder.js';
import { ENCODER_REMEDY } from '../../native/h264-encoder.js';
import { NATIVE_VARIABLE, type NativeMode } from '../../native/native-mode.js';
import { SDL_REMEDY } from '../../native/sdl2-library.js';
import { withoutVectors } from '../../pixels/vectors.js';
import type { CaptureFact, Facts, PortFact, Probed } from './facts.js';
import type { Finding, FindingStatus } from './finding.js';

const NODE_FLOOR = [20, 19] as const;
/** Longer captures give less than 15 frames a second, which looks slow. */
const SLOW_MS = 1000 / 15;
const WITHOUT_SWITCH = `Unset ${NATIVE_VARIABLE}.`;
const REINSTALL = 'Run "npm install" in the folder of peerglass.';
const PORTAL_PART =
  'Install the part of xdg-desktop-portal for your desktop (xdg-desktop-portal-gnome, -kde, -wlr, -hyprland or -cosmic), then log in again.';
const CHECK_X11 = 'Check that this X server runs and lets this user in: xdpyinfo asks it.';
/** Features that need native code. */
const SWITCHED: Readonly<Record<NativeMode, ReadonlySet<string>>> = {
  on: new Set(),
  safe: new Set(['shared-memory']),
  off: new Set([
    'shared-memory',
    'sdl',
    'jpeg',
    'inflate',
    'video-decoder',
    'video-encoder',
    'capture-screenshots',
    'capture-wayland',
    'portal',
  ]),
};
/** Of SDL, without a screen behind them. */
const SHOWS_NOTHING = new Set(['offscreen', 'dummy', 'evdev']);
/** Smaller terminals leave most of the dashboard out. */
const ROOMY = { columns: 66, rows: 19 } as const;

function finding(check: string, status: FindingStatus, text: string, remedy = ''): Finding {
  return { check, status, text, remedy };
}

/** Turns facts into findings. The last two, `share` and `watch`, say whether these can work at all. */
export function findingsOf(facts: Facts): Finding[] {
  const parts = [
    node(facts),
    vectors(facts),
    threads(facts),
    native(facts),
    x11Display(facts),
    wayland(facts),
    // A Wayland session needs no X server.
    ...(facts.x11 || !facts.wayland ? [capture('capture by X11', facts.x11?.capture ?? null, facts)] : []),
    // Where there is Wayland, node-screenshots is not used.
    ...(facts.wayland
      ? [directCapture(facts.wayland, facts), portal(facts.wayland)]
      : [capture('capture by node-screenshots', facts.screenshots, facts)]),
    sdl(facts),
    jpeg(facts),
    inflate(facts),
    videoDecoder(facts),
    videoEncoders(facts),
    memory(facts),
    ...facts.ports.map(port),
    firewall(facts),
    dumpcap(facts),
    tshark(facts),
    terminal(facts),
  ];
  return plainData([...parts.map(part => bySwitch(part, facts)), share(facts), watch(facts)]);
}

/** Features that the switch turned off need the switch, not an installation. */
function bySwitch(part: Finding, { native: tried }: Facts): Finding {
  const taken = part.status !== 'ok' && tried.ok && SWITCHED[tried.fact].has(part.check);
  return taken ? { ...part, remedy: WITHOUT_SWITCH } : part;
}

/** Whether sharing or watching can work at all. */
export function isUsable(findings: readonly Finding[]): boolean {
  return findings.some(({ check, status }) => (check === 'share' || check === 'watch') && status !== 'missing');
}

function node({ node: version }: Facts): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const old = major < NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor < NODE_FLOOR[1]);
  if (!old) return finding('node', 'ok', `Node ${version}`);
  return finding(
    'node',
    'warning',
    `Node ${version} is older than ${NODE_FLOOR.join('.')}.`,
    'Install a newer one: nodejs.org.',
  );
}

function vectors({ vectors: there }: Facts): Finding {
  if (there) return finding('wasm-simd', 'ok', 'WebAssembly SIMD');
  const { text, remedy } = withoutVectors(process.arch);
  return finding('wasm-simd', 'warning', text, remedy);
}

function threads({ cores, threads: number }: Facts): Finding {
  const of = cores === 1 ? '1 core' : `${cores} cores`;
  if (number > 1) return finding('threads', 'ok', `${number} threads work on pixels, by what is free of ${of}`);
  return finding('threads', 'ok', `one thread works on pixels, by what is free of ${of}`);
}

function native({ native: tried }: Facts): Finding {
  if (!tried.ok) return finding('native', 'missing', tried.problem, tried.remedy || WITHOUT_SWITCH);
  const text = `${NATIVE_VARIABLE}=${tried.fact}`;
  switch (tried.fact) {
    case 'on':
      return finding('native', 'ok', `${text}: installed system libraries are used`);
    case 'safe':
      return finding('native', 'warning', `${text}: system libraries, but no memory shared with them.`, WITHOUT_SWITCH);
    case 'off': {
      const rest = 'WebAssembly and TypeScript only, and the picture in the terminal.';
      return finding('native', 'warning', `${text}: ${rest}`, WITHOUT_SWITCH);
    }
  }
}

function x11Display({ x11, wayland: compositor, platform }: Facts): Finding {
  if (!x11) {
    if (platform !== 'linux' || compositor) return finding('x11', 'ok', 'no X11 display, and none is needed');
    const remedy =
      'Run peerglass inside a graphical session, or as: DISPLAY=:0 peerglass. The test pattern needs no display: --source pattern.';
    return finding('x11', 'missing', 'There is no display: DISPLAY is not set.', remedy);
  }
  const { name, capture: tried } = x11;
  if (tried.ok) return finding('x11', 'ok', `X11 display ${name} answers`);
  return finding('x11', 'warning', `X11 display ${name}: ${tried.problem}`, tried.remedy || CHECK_X11);
}

function wayland({ wayland: compositor, platform }: Facts): Finding {
  if (!compositor)
    return finding('wayland', 'ok', platform === 'linux' ? 'no Wayland session' : 'no Wayland on this system');
  const { name, answers } = compositor;
  if (answers) return finding('wayland', 'ok', `Wayland session, ${name} answers`);
  const remedy = 'Run peerglass inside the session, with its XDG_RUNTIME_DIR and WAYLAND_DISPLAY.';
  return finding('wayland', 'warning', `The Wayland compositor ${name} does not answer.`, remedy);
}

type Compositor = NonNullable<Facts['wayland']>;

function sharesByPortal({ portal: tried }: Compositor): boolean {
  return tried.ok && (tried.fact.monitors || tried.fact.windows);
}

function directCapture(compositor: Compositor, facts: Facts): Finding {
  const { capture: tried } = compositor;
  if (tried.ok || !sharesByPortal(compositor)) return capture('capture by Wayland', tried, facts);
  return finding(NAMES['capture by Wayland'], 'ok', `capture by Wayland: ${tried.problem} The portal is used instead`);
}

function portal({ capture: direct, portal: tried }: Compositor): Finding {
  // A compositor that can be captured directly needs no portal.
  const missing = direct.ok ? 'ok' : 'missing';
  const unneeded = direct.ok ? '; it is not needed here' : '';
  if (!tried.ok)
    return finding('portal', missing, `desktop portal: ${tried.problem}${unneeded}`, direct.ok ? '' : tried.remedy);
  const { version, monitors, windows, remembers } = tried.fact;
  const kinds = [...(monitors ? ['monitors'] : []), ...(windows ? ['windows'] : [])];
  if (kinds.length === 0)
    return finding('portal', missing, `desktop portal: it shares no screens${unneeded}`, direct.ok ? '' : PORTAL_PART);
  const asks = remembers ? 'asks once, then remembers' : 'asks at each start';
  return finding('portal', 'ok', `desktop portal: version ${version}, shares ${kinds.join(' and ')}, ${asks}`);
}

const NAMES = {
  'capture by X11': 'capture-x11',
  'capture by Wayland': 'capture-wayland',
  'capture by node-screenshots': 'capture-screenshots',
} as const;

function capture(check: keyof typeof NAMES, tried: Probed<CaptureFact> | null, facts: Facts): Finding {
  const { platform } = facts;
  const name = NAMES[check];
  if (!tried) {
    return finding(name, 'missing', `${check}: not tested, no display`, 'Run peerglass inside a graphical session.');
  }
  if (!tried.ok) {
    const otherwise = {
      'capture-x11': CHECK_X11,
      'capture-wayland': PORTAL_PART,
      'capture-screenshots': platform === 'linux' ? 'X11 does not need it: --source x11.' : REINSTALL,
    }[name];
    return finding(name, 'missing', `${check}: ${tried.problem}`, tried.remedy || otherwise);
  }
  const { width, height, milliseconds } = tried.fact;
  const speed = `${width}x${height} in ${milliseconds.toFixed(1)} ms, at most about ${Math.floor(1000 / Math.max(1, milliseconds))} per second`;
  if (milliseconds <= SLOW_MS) return finding(name, 'ok', `${check}: ${speed}`);
  return finding(name, 'warning', `${check}: ${speed}`, 'A part of the screen is faster: --region or --window.');
}

function sdl({ sdl: tried }: Facts): Finding {
  const terminalView = 'or watch in the terminal: --view terminal';
  if (!tried.ok) return finding('sdl', 'missing', `SDL 2: ${tried.problem}`, tried.remedy || SDL_REMEDY);
  const { version, driver, problem } = tried.fact;
  if (hasWindow(tried)) return finding('sdl', 'ok', `SDL ${version}, windows by ${driver}`);
  return finding(
    'sdl',
    'missing',
    `SDL ${version} cannot open a window: ${problem || `it finds no screen but its own (${driver})`}`,
    `Run peerglass inside a graphical session,\n${terminalView}`,
  );
}

function hasWindow(tried: Facts['sdl']): boolean {
  return tried.ok && tried.fact.driver !== null && !SHOWS_NOTHING.has(tried.fact.driver);
}

function jpeg({ jpeg: tried }: Facts): Finding {
  if (!tried.ok)
    return finding(
      'jpeg',
      'warning',
      `libjpeg-turbo ${tried.problem}; photographs are sent without JPEG.`,
      tried.remedy || REINSTALL,
    );
  const { name } = tried.fact;
  if (name === 'library') return finding('jpeg', 'ok', 'libjpeg-turbo, without copying pixels');
  if (name !== null) return finding('jpeg', 'ok', `libjpeg-turbo, through its ${name}`);
  return finding('jpeg', 'warning', 'libjpeg-turbo is not installed; photographs are sent without JPEG.', REINSTALL);
}

function inflate({ inflate: tried }: Facts): Finding {
  if (!tried.ok) return finding('inflate', 'warning', `inflate: ${tried.problem}`, tried.remedy || REINSTALL);
  const { name } = tried.fact;
  if (/^zlib-sync/.test(name)) return finding('inflate', 'ok', `inflate by ${name}`);
  const remedy = 'With a C++ compiler, npm install compiles zlib-sync (Debian: sudo apt install build-essential).';
  return finding('inflate', 'warning', `inflate by ${name}: slower for viewers of the classic protocol.`, remedy);
}

function videoDecoder({ videoDecoder: tried }: Facts): Finding {
  const check = 'video-decoder';
  if (tried.ok) return finding(check, 'ok', `film is watched as H.264 by ${tried.fact.name}`);
  const text = `No H.264 decoder (${tried.problem}): on slow links film is watched as pictures.`;
  return finding(check, 'warning', text, tried.remedy || VIDEO_DECODER_REMEDY);
}

function videoEncoders({ videoEncoders: tried }: Facts): Finding {
  const check = 'video-encoder';
  const names = tried.ok ? tried.fact.names : [];
  if (names.length > 0) return finding(check, 'ok', `film is shared as H.264 by ${names.join(', else ')}`);
  const why = tried.ok ? 'none is installed' : tried.problem;
  const text = `No H.264 encoder (${why}): on slow links film is shared as pictures.`;
  return finding(check, 'warning', text, (tried.ok ? '' : tried.remedy) || ENCODER_REMEDY);
}

function memory({ memory: tried, platform }: Facts): Finding {
  const check = 'shared-memory';
  if (!tried.ok) {
    return finding(check, 'warning', `koffi, which maps memory, ${tried.problem}`, tried.remedy || REINSTALL);
  }
  if (tried.fact.maps) return finding(check, 'ok', 'shared memory with windows and X servers (koffi)');
  if (platform !== 'linux') return finding(check, 'ok', 'no shared memory on this system');
  return finding(check, 'warning', 'No shared memory with windows and X servers: pixels are copied.', REINSTALL);
}

function port({ port: number, wire, flag, refusal }: PortFact): Finding {
  const check = `port-${number}`;
  if (refusal === null) return finding(check, 'ok', `port ${number} is free (${wire})`);
  const other = `choose another port (${flag}).`;
  if (refusal === 'EADDRINUSE') {
    return finding(
      check,
      'warning',
      `Another program uses port ${number} (${wire}).`,
      `Stop that program, or ${other}`,
    );
  }
  return finding(
    check,
    'warning',
    `Port ${number} (${wire}) cannot be opened: ${refusal === 'EACCES' ? 'this user may not listen there' : refusal}.`,
    `C${other.slice(1)}`,
  );
}

function firewall({ firewall: active }: Facts): Finding {
  if (!active) return finding('firewall', 'ok', 'no firewall that this user can see (ufw, firewalld)');
  return finding('firewall', 'warning', `${active.name} may keep viewers out.`, `To share: ${active.open}`);
}

function dumpcap({ dumpcap: tried }: Facts): Finding {
  const install =
    'Install Wireshark (Debian: sudo apt install tshark; macOS: brew install wireshark). Until then --export synthesises packets from the data.';
  if (!tried.ok)
    return finding('dumpcap', 'warning', `dumpcap ${tried.problem}: no real packets can be captured.`, install);
  const { version, devices } = tried.fact;
  if (devices > 0) return finding('dumpcap', 'ok', `dumpcap ${version}, which may capture on ${devices} devices`);
  const remedy = 'Join the group wireshark (on Debian first sudo dpkg-reconfigure wireshark-common).';
  return finding('dumpcap', 'warning', `dumpcap ${version} may not capture.`, remedy);
}

function tshark({ tshark: tried }: Facts): Finding {
  if (tried.ok) return finding('tshark', 'ok', `tshark ${tried.fact.version}`);
  return finding(
    'tshark',
    'warning',
    `tshark ${tried.problem}; it is only needed to read captures in a terminal.`,
    'Debian: sudo apt install tshark; macOS: brew install wireshark.',
  );
}

function terminal({ terminal: { isTerminal, colourDepth, utf8, columns, rows, background } }: Facts): Finding {
  if (!isTerminal) {
    return finding(
      'terminal',
      'warning',
      'Standard output is not a terminal.',
      'The menu needs one; without it use --headless.',
    );
  }
  const colours = colourDepth >= 24 ? '24-bit colours' : colourDepth > 1 ? `${2 ** colourDepth} colours` : 'no colours';
  const ground = background === null ? 'background colour not known yet' : `${background} background`;
  const text = `${columns}x${rows}, ${colours}, ${utf8 ? 'UTF-8' : 'no UTF-8'}, ${ground}`;
  const remedies = [
    ...(utf8 ? [] : ['Set a UTF-8 locale: export LC_ALL=C.UTF-8']),
    ...(columns < ROOMY.columns || rows < ROOMY.rows
      ? [`Make it larger: ${ROOMY.columns}x${ROOMY.rows} shows the whole dashboard.`]
      : []),
  ];
  return finding('terminal', remedies.length > 0 ? 'warning' : 'ok', text, remedies.join('\n'));
}

function share(facts: Facts): Finding {
  const { x11, wayland: compositor, screenshots } = facts;
  const ways = [
    ...(compositor?.capture.ok ? ['Wayland'] : []),
    ...(x11?.capture.ok && !compositor ? ['X11'] : []),
    ...(screenshots?.ok ? ['node-screenshots'] : []),
  ];
  if (ways.length === 0 && compositor && sharesByPortal(compositor)) {
    return finding('share', 'ok', 'Sharing works, by the desktop portal: the desktop asks which screen');
  }
  const pattern = 'Only the test pattern: --source pattern.';
  if (ways.length === 0)
    return finding('share', 'missing', 'Sharing a screen does not work here: it cannot be captured.', pattern);
  return finding('share', 'ok', `Sharing works, by ${ways.join(' or ')}`);
}

function watch({ sdl: tried, terminal: { isTerminal } }: Facts): Finding {
  if (hasWindow(tried)) return finding('watch', 'ok', 'Watching works, in a window');
  if (isTerminal) {
    const remedy = 'For a window: see above what SDL lacks.';
    return finding('watch', 'warning', 'Watching works in the terminal only: --view terminal', remedy);
  }
  return finding(
    'watch',
    'missing',
    'Watching does not work here: no window, no terminal.',
    'To save a picture instead: peerglass watch ADDRESS --headless --view none --snapshot FILE.png',
  );
}
