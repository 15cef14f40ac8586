/** Names a library to load instead of the usual ones, for tests and odd installations. */
export const SDL_LIBRARY_VARIABLE = 'PEERGLASS_SDL2';

/** File names of the SDL 2 library, the likeliest first. */
export function libraryNames(
  platform: NodeJS.Platform = process.platform,
  named: string | undefined = process.env[SDL_LIBRARY_VARIABLE],
): readonly string[] {
  if (named) return [named];
  if (platform === 'win32') return ['SDL2.dll'];
  if (platform === 'darwin') {
    return [
      '/opt/homebrew/lib/libSDL2-2.0.0.dylib',
      '/usr/local/lib/libSDL2-2.0.0.dylib',
      '/opt/local/lib/libSDL2-2.0.0.dylib',
      'libSDL2-2.0.0.dylib',
      '/Library/Frameworks/SDL2.framework/SDL2',
    ];
  }
  return ['libSDL2-2.0.so.0', 'libSDL2-2.0.so', 'libSDL2.so'];
}

const INSTALL: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['brew install sdl2'],
  win32: ['winget install --id libsdl-org.SDL --version 2, or put SDL2.dll (from libsdl.org) beside node.exe'],
};
const INSTALL_LINUX = [
  'Debian, Ubuntu: sudo apt install libsdl2-2.0-0',
  'Fedora:         sudo dnf install SDL2',
  'Arch:           sudo pacman -S sdl2',
  'openSUSE:       sudo zypper install libSDL2-2_0-0',
  'Alpine:         sudo apk add sdl2',
];

export const SDL_REMEDY = [
  'Install it:',
  ...(INSTALL[process.platform] ?? INSTALL_LINUX).map(line => `  ${line}`),
  'or watch in the terminal: --view terminal',
].join('\n');
