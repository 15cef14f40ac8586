import { existsSync } from 'node:fs';
import path from 'node:path';
import { loadAvcodec } from './avcodec.js';
import { nativeMode } from './native-mode.js';
import type { VideoDecoderLibrary } from './native-video-decoder.js';
import { loadOpenH264Decoder } from './openh264-decoder.js';

/** Measured: libavcodec takes half of OpenH264's time (docs/video.md). */
const LIBRARIES = [
  // Of FFmpeg 4 to 7, and of OpenH264 2: others may have other structures.
  { name: 'libavcodec', file: 'avcodec', versions: [61, 60, 59, 58], load: loadAvcodec },
  { name: 'OpenH264', file: 'openh264', versions: [7], load: loadOpenH264Decoder },
] as const;

/**
 * Loads the first library that works here. To be called in a process that may crash.
 * @throws Error with the reason where none is installed or loads
 */
export function loadVideoDecoder(): VideoDecoderLibrary {
  const reasons: string[] = [];
  for (const { name, load } of LIBRARIES) {
    for (const file of videoDecoderFiles(name).filter(isInstalled)) {
      try {
        return load(file);
      } catch (thrown) {
        reasons.push(thrown instanceof Error ? thrown.message : String(thrown));
      }
    }
  }
  throw new Error(reasons.join('; ') || 'neither libavcodec nor OpenH264 is installed');
}

/** Whether a decoder is installed, as far as can be told without loading it: that takes long, and could crash. */
export function hasVideoDecoder(): boolean {
  return nativeMode() !== 'off' && LIBRARIES.some(({ name }) => videoDecoderFiles(name).some(isInstalled));
}

/** How a user gets one. */
export const VIDEO_DECODER_REMEDY = [
  'Install one, e.g.:',
  '  Debian 12:     sudo apt install libavcodec59',
  '  Debian 13:     sudo apt install libavcodec61',
  '  Ubuntu 24.04:  sudo apt install libavcodec60',
  '  Fedora:        sudo dnf install libavcodec-free',
  '  Arch:          sudo pacman -S ffmpeg',
  '  macOS:         brew install ffmpeg@7',
].join('\n');

/** Where a library may be, the newest version first. */
export function videoDecoderFiles(name: (typeof LIBRARIES)[number]['name']): string[] {
  const { file, versions } = LIBRARIES.find(each => each.name === name)!;
  return versions.flatMap(version => placesOf(file, version));
}

const MAC_FOLDERS = [
  ...['/opt/homebrew', '/usr/local'].flatMap(root => [`${root}/opt/ffmpeg@7/lib`, `${root}/lib`]),
  '/opt/local/lib',
];

function placesOf(name: string, version: number): string[] {
  switch (process.platform) {
    case 'linux':
      return linuxFolders().map(folder => path.join(folder, `lib${name}.so.${version}`));
    case 'darwin':
      return MAC_FOLDERS.map(folder => path.join(folder, `lib${name}.${version}.dylib`));
    default:
      return [];
  }
}

/** Where loaders look. */
function linuxFolders(): string[] {
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as string];
  const named = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter(folder => path.isAbsolute(folder));
  const usual = triplet ? [`/usr/lib/${triplet}`, `/lib/${triplet}`] : [];
  return [...named, ...usual, '/usr/lib64', '/usr/lib', '/usr/local/lib64', '/usr/local/lib'];
}

function isInstalled(file: string): boolean {
  return existsSync(file);
}
