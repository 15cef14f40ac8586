import { PeerglassError } from '../core/errors.js';
import { loadNative, NativeIsOff, type ScreenshotsLibrary } from './load-native.js';
import { NATIVE_VARIABLE } from './native-mode.js';

/** Packages that contain a shared library: Debian and Ubuntu, Fedora. */
const PACKAGES: Readonly<Record<string, readonly [apt: string, dnf: string]>> = {
  'libxcb.so.1': ['libxcb1', 'libxcb'],
  'libdbus-1.so.3': ['libdbus-1-3', 'dbus-libs'],
  'libxcb-randr.so.0': ['libxcb-randr0', 'libxcb'],
  'libpipewire-0.3.so.0': ['libpipewire-0.3-0', 'pipewire-libs'],
  'libwayland-client.so.0': ['libwayland-client0', 'libwayland-client'],
  'libgbm.so.1': ['libgbm1', 'mesa-libgbm'],
  'libEGL.so.1': ['libegl1', 'libglvnd-egl'],
};

/**
 * Loads node-screenshots, an optional dependency that needs system libraries.
 *
 * @param load for tests
 * @throws PeerglassError E_CAPTURE_LIBRARY
 */
export function loadScreenshots(load: (name: 'node-screenshots') => unknown = loadNative): ScreenshotsLibrary {
  try {
    return load('node-screenshots') as ScreenshotsLibrary;
  } catch (error) {
    if (error instanceof NativeIsOff) {
      const message = `The package node-screenshots is disabled by ${NATIVE_VARIABLE}=off.`;
      const remedy = `Unset ${NATIVE_VARIABLE}, or share an X11 screen (--source x11), which needs no package.`;
      throw new PeerglassError('E_CAPTURE_LIBRARY', message, remedy, { cause: error });
    }
    const reasons = messages(error).join('\n');
    const missing = [...new Set(reasons.match(/lib[\w.+-]+\.so[\w.]*(?=: cannot open)/g))];
    if (missing.length > 0) throw missingLibraries(missing, error);
    const installed = !/Cannot find module 'node-screenshots'/.test(reasons);
    const what = installed ? 'does not run on this system' : 'is not installed';
    const remedy = `Install it with "npm install" in the folder of peerglass${installed ? ', without --omit=optional' : ''}.`;
    const options = { cause: error };
    throw new PeerglassError('E_CAPTURE_LIBRARY', `The package node-screenshots ${what}.`, remedy, options);
  }
}

function missingLibraries(missing: readonly string[], cause: unknown): PeerglassError {
  const packages = (column: 0 | 1) => missing.map(name => PACKAGES[name]?.[column] ?? name).join(' ');
  const message = `node-screenshots needs ${missing.join(' and ')}, missing on this system.`;
  const remedy = `Debian, Ubuntu: sudo apt install ${packages(0)}\nFedora: sudo dnf install ${packages(1)}`;
  return new PeerglassError('E_CAPTURE_LIBRARY', message, remedy, { cause });
}

/** The messages of an error and its causes: the package tries several files and keeps each error. */
function messages(error: unknown, depth = 0): string[] {
  if (depth > 8) return [];
  if (Array.isArray(error)) return error.flatMap(each => messages(each, depth + 1));
  if (!(error instanceof Error)) return [String(error)];
  return error.cause === undefined ? [error.message] : [error.message, ...messages(error.cause, depth + 1)];
}
