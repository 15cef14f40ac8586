// What peerglass and its tests need from the system, and how each system installs it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findProgram } from './programs.mjs';
import { say } from './say.mjs';

const DAY = 24 * 60 * 60 * 1000;

/** The library of the window. The names are those of each package manager. */
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

/** Programs that tests start, each with the Debian package that brings it. */
const TEST_PROGRAMS = {
  Xvfb: 'xvfb',
  openbox: 'openbox',
  tmux: 'tmux',
  python3: 'python3',
  xdotool: 'xdotool',
  xterm: 'xterm',
  xwininfo: 'x11-utils',
  xrandr: 'x11-xserver-utils',
  xsetroot: 'x11-xserver-utils',
  capinfos: 'wireshark-common',
  cc: 'gcc libc6-dev',
  tshark: 'tshark',
  ip: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  sysctl: 'procps',
  xtigervncviewer: 'tigervnc-viewer',
  X0tigervnc: 'tigervnc-scraping-server',
  Xtigervnc: 'tigervnc-standalone-server',
  x11vnc: 'x11vnc',
  xtightvncviewer: 'xtightvncviewer',
  Xtightvnc: 'tightvncserver',
  gvnccapture: 'gvncviewer',
  vncsnapshot: 'vncsnapshot',
};

/** Files that tests compile with or that packages load, each with the Debian package that brings it. */
const TEST_FILES = {
  '/usr/include/rfb/rfbclient.h': 'libvncserver-dev',
};
/** Libraries that node-screenshots loads. */
const TEST_LIBRARIES = { 'libxcb.so.1': 'libxcb1', 'libdbus-1.so.3': 'libdbus-1-3' };

function libraryFolders() {
  const machine = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu', arm: 'arm-linux-gnueabihf' }[process.arch];
  const folders = ['/usr/lib64', '/usr/lib', '/usr/local/lib', '/lib', '/opt/homebrew/lib'];
  return [...(machine ? [`/usr/lib/${machine}`, `/lib/${machine}`] : []), ...folders];
}

/** Whether the SDL 2 library lies in one of the usual places. Elsewhere it may still be found when it is loaded. */
export function hasSdl() {
  const names = { darwin: ['libSDL2-2.0.0.dylib', 'libSDL2.dylib'], win32: ['SDL2.dll'] }[process.platform] ?? [
    'libSDL2-2.0.so.0',
  ];
  const more = process.platform === 'win32' ? path.delimiter : ':';
  const given = (process.env[process.platform === 'win32' ? 'PATH' : 'LD_LIBRARY_PATH'] ?? '').split(more);
  const frameworks = process.platform === 'darwin' && existsSync('/Library/Frameworks/SDL2.framework');
  const folders = [...libraryFolders(), ...given.filter(Boolean)];
  return frameworks || folders.some(folder => names.some(name => existsSync(path.join(folder, name))));
}

function isRoot() {
  return process.getuid?.() === 0;
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

/** Runs `install` unless it failed within the last day: a machine without a network must not wait for it every time. */
function unlessItFailedToday(file, install) {
  try {
    if (Date.now() - Number(readFileSync(file, 'utf8')) < DAY) return false;
  } catch {
    // it never failed
  }
  if (install()) return true;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, String(Date.now()));
  return false;
}

function sdlAdvice() {
  if (process.platform === 'win32') return SDL_ON_WINDOWS;
  const manager = Object.keys(SDL_PACKAGES).find(findProgram);
  if (!manager) return 'install the SDL 2 library';
  const [command, asRoot] = SDL_PACKAGES[manager];
  return asRoot && !isRoot() ? `sudo ${command}` : command;
}

/** The window needs SDL 2. Without it everything else works, so this never stops anything. */
export function installSdl(root) {
  if (hasSdl()) return;
  if (isRoot() && findProgram('apt-get')) {
    const install = () => {
      say('installing the SDL 2 library (libsdl2-2.0-0), which draws the window');
      return aptInstall(['libsdl2-2.0-0']);
    };
    if (unlessItFailedToday(path.join(root, 'dist/.sdl-install-failed'), install)) return;
  }
  say(`the window needs the SDL 2 library: ${sdlAdvice()} (without it, --view terminal draws in the terminal)`);
}

/** Installs what the tests start, where that can be done unasked; else says in one line what is missing. */
export function installTestPrograms() {
  if (process.platform !== 'linux') {
    say('the tests that need an X display run on Linux only');
    return;
  }
  const hasLibrary = name => libraryFolders().some(folder => existsSync(path.join(folder, name)));
  const missing = [
    ...Object.entries(TEST_PROGRAMS).filter(([program]) => findProgram(program) === null),
    ...Object.entries(TEST_FILES).filter(([file]) => !existsSync(file)),
    ...Object.entries(TEST_LIBRARIES).filter(([name]) => !hasLibrary(name)),
  ];
  const names = missing.flatMap(([, name]) => name.split(' '));
  const packages = [...new Set(names), ...(hasSdl() ? [] : ['libsdl2-2.0-0'])];
  if (packages.length === 0) return;
  if (isRoot() && findProgram('apt-get')) {
    say(`installing what the tests use: ${packages.join(' ')}`);
    if (aptInstall(packages)) return;
  }
  say(`the tests need ${packages.join(', ')}: sudo apt-get install ${packages.join(' ')} (names as in Debian)`);
}
