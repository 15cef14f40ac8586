// The system packages that peerglass and its tests need, and how each system installs them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findProgram } from './programs.mjs';

const DAY = 24 * 60 * 60 * 1000;

const SDL = 'the SDL 2 library';
const SDL_DEBIAN = 'libsdl2-2.0-0';
const THE_WINDOW = 'the window that shows a shared screen';

/** SDL 2, for the window, by package manager. */
const SDL_PACKAGES = {
  'apt-get': ['apt-get install libsdl2-2.0-0', true],
  dnf: ['dnf install SDL2', true],
  pacman: ['pacman -S sdl2', true],
  zypper: ['zypper install libSDL2-2_0-0', true],
  apk: ['apk add sdl2', true],
  brew: ['brew install sdl2', false],
};
const SDL_ON_WINDOWS =
  'put SDL2.dll (from https://github.com/libsdl-org/SDL/releases, version 2) into a folder of PATH';

const A_VIEWER = 'a VNC viewer from another vendor';
const A_SERVER = 'a VNC server from another vendor';

/**
 * Programs that tests start, each with its Debian packages and its purpose.
 * @type {Record<string, readonly [packages: string, why: string]>}
 */
const TEST_PROGRAMS = {
  Xvfb: ['xvfb', 'virtual X displays'],
  openbox: ['openbox', 'a window manager'],
  tmux: ['tmux', 'terminals'],
  python3: ['python3', 'runs the original program of the classic protocol'],
  xdotool: ['xdotool', 'finds windows and sends keys to them'],
  xwininfo: ['x11-utils', 'reports window positions'],
  sway: ['sway', 'a Wayland compositor'],
  grim: ['grim', 'reads what it shows'],
  xrandr: ['x11-xserver-utils', 'changes resolutions and pointers'],
  capinfos: ['wireshark-common', 'captures packets and counts them'],
  cc: ['gcc libc6-dev', 'compiles a viewer on libvncclient, and a cable'],
  tshark: ['tshark', 'reads the captured packets for comparison'],
  chromium: ['chromium', 'opens the page that a share serves'],
  'firefox-esr': ['firefox-esr', 'likewise'],
  ip: ['iproute2', 'network namespaces and links for the tests'],
  nft: ['nftables', 'takes those links down'],
  sysctl: ['procps', 'configures those namespaces'],
  xtigervncviewer: ['tigervnc-viewer', A_VIEWER],
  X0tigervnc: ['tigervnc-scraping-server', A_SERVER],
  Xtigervnc: ['tigervnc-standalone-server', A_SERVER],
  x11vnc: ['x11vnc', A_SERVER],
  xtightvncviewer: ['xtightvncviewer', A_VIEWER],
  Xtightvnc: ['tightvncserver', A_SERVER],
  gvnccapture: ['gvncviewer', A_VIEWER],
  vncsnapshot: ['vncsnapshot', A_VIEWER],
  'dbus-daemon': ['dbus-daemon', 'a message bus for a desktop portal'],
  pipewire: ['pipewire', 'carries the picture of a Wayland desktop'],
  wireplumber: ['wireplumber', 'links the programs that use PipeWire'],
  zbarimg: ['zbar-tools', 'reads QR codes'],
  varnishd: ['varnish', 'an HTTP cache, for broadcasts'],
};

/**
 * Programs that only `npm run interop` starts, with the same columns.
 * @type {Record<string, readonly [packages: string, why: string]>}
 */
const INTEROP_PROGRAMS = {
  mutter: ['mutter', "GNOME's compositor"],
  nginx: ['nginx-light', 'an HTTP cache that stores before it hands on'],
};

/**
 * Files that tests compile with, with the same columns.
 * @type {Record<string, readonly [packages: string, why: string]>}
 */
const TEST_FILES = {
  '/usr/include/rfb/rfbclient.h': ['libvncserver-dev', 'a viewer on libvncclient is compiled with it'],
};
const NODE_SCREENSHOTS = 'node-screenshots, which captures screens, loads it';
const VIDEO = 'encodes or decodes films';
/** @type {Record<string, readonly [packages: string, why: string]>} */
const TEST_LIBRARIES = {
  'libx264.so.164': ['libx264-164', VIDEO],
  'libopenh264.so.7': ['libopenh264-7', VIDEO],
  'libavcodec.so.59': ['libavcodec59', VIDEO],
  'libxcb.so.1': ['libxcb1', NODE_SCREENSHOTS],
  'libdbus-1.so.3': ['libdbus-1-3', NODE_SCREENSHOTS],
};

/** Questions about a machine. */
export const THIS_MACHINE = {
  platform: process.platform,
  architecture: process.arch,
  environment: process.env,
  isRoot: process.getuid?.() === 0,
  hasProgram: name => findProgram(name) !== null,
  exists: existsSync,
};

function libraryFolders({ architecture }) {
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu', arm: 'arm-linux-gnueabihf' }[architecture];
  const folders = ['/usr/lib64', '/usr/lib', '/usr/local/lib', '/lib', '/opt/homebrew/lib'];
  return [...(triplet ? [`/usr/lib/${triplet}`, `/lib/${triplet}`] : []), ...folders];
}

/** Whether the SDL 2 library is in one of the usual places. If it is elsewhere, loading may still find it. */
function hasSdl(machine) {
  const { platform, environment, exists } = machine;
  const names = { darwin: ['libSDL2-2.0.0.dylib', 'libSDL2.dylib'], win32: ['SDL2.dll'] }[platform] ?? [
    'libSDL2-2.0.so.0',
  ];
  const windows = platform === 'win32';
  const given = (environment[windows ? 'PATH' : 'LD_LIBRARY_PATH'] ?? '').split(windows ? ';' : ':');
  const framework = platform === 'darwin' && exists('/Library/Frameworks/SDL2.framework');
  const folders = [...libraryFolders(machine), ...given.filter(Boolean)];
  return framework || folders.some(folder => names.some(name => exists(path.join(folder, name))));
}

function aptGet(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', ['-q', '-y', ...args], { stdio: ['ignore', 2, 2], env }).status === 0;
}

function aptInstall(packages) {
  const install = ['install', '--no-install-recommends', ...packages];
  const hasLists =
    existsSync('/var/lib/apt/lists') && readdirSync('/var/lib/apt/lists').some(name => /Packages/.test(name));
  if (hasLists && aptGet(install)) return true;
  return aptGet(['update']) && aptGet(install);
}

function failedToday(file) {
  try {
    return Date.now() - Number(readFileSync(file, 'utf8')) < DAY;
  } catch {
    return false;
  }
}

/** Records a failed installation, so that a machine without a network does not wait for it every time. */
function noted(file, succeeded) {
  if (succeeded) return true;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, String(Date.now()));
  return false;
}

function sdlCommand({ platform, isRoot, hasProgram }) {
  if (platform === 'win32') return SDL_ON_WINDOWS;
  const manager = Object.keys(SDL_PACKAGES).find(hasProgram);
  if (!manager) return 'install the SDL 2 library';
  const [command, asRoot] = SDL_PACKAGES[manager];
  return asRoot && !isRoot ? `sudo ${command}` : command;
}

/** apt-get asks root nothing; with any other package manager it is up to the user. */
const installsUnasked = ({ isRoot, hasProgram }) => isRoot && hasProgram('apt-get');

/** SDL 2, for the window. Everything else works without it, so a failure here stops nothing. */
export function sdlLibrary(root, machine = THIS_MACHINE) {
  const failures = path.join(root, 'dist/.sdl-install-failed');
  return {
    items: hasSdl(machine)
      ? []
      : [{ what: SDL, why: `${THE_WINDOW}; without it, --view terminal draws in the terminal` }],
    by: 'apt-get',
    command: sdlCommand(machine),
    install:
      installsUnasked(machine) && !failedToday(failures) ? () => noted(failures, aptInstall([SDL_DEBIAN])) : null,
    needed: false,
  };
}

/** Programs and files that the tests need, by their Debian names. */
export function testPackages(machine = THIS_MACHINE) {
  const { platform, environment, isRoot, hasProgram, exists } = machine;
  const group = { items: [], by: 'apt-get', command: '', install: null, needed: false };
  // The tests that start programs run on Linux only.
  if (platform !== 'linux') return group;
  const folders = libraryFolders(machine);
  const programs = { ...TEST_PROGRAMS, ...(environment.PEERGLASS_INTEROP ? INTEROP_PROGRAMS : {}) };
  const missing = [
    ...Object.entries(programs).filter(([program]) => !hasProgram(program)),
    ...Object.entries(TEST_FILES).filter(([file]) => !exists(file)),
    ...Object.entries(TEST_LIBRARIES).filter(([name]) => !folders.some(folder => exists(path.join(folder, name)))),
  ].map(([, wanted]) => wanted);
  if (!hasSdl(machine)) missing.push([SDL_DEBIAN, THE_WINDOW]);
  const items = new Map(missing.flatMap(([names, why]) => names.split(' ').map(what => [what, why])));
  const packages = [...items.keys()];
  return {
    ...group,
    items: [...items].map(([what, why]) => ({ what, why })),
    command: `${isRoot ? '' : 'sudo '}apt-get install ${packages.join(' ')}`,
    install: installsUnasked(machine) ? () => aptInstall(packages) : null,
  };
}
