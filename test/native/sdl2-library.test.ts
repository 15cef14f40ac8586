import { describe, expect, it } from 'vitest';
import { PeerglassError } from '../../source/core/errors.js';
import { loadSdl2 } from '../../source/native/sdl2.js';
import { libraryNames } from '../../source/native/sdl2-library.js';
import { needsNative } from '../helpers/needs-native.js';

describe('the SDL 2 library', () => {
  it.each([
    ['linux', 'libSDL2-2.0.so.0'],
    ['darwin', '/opt/homebrew/lib/libSDL2-2.0.0.dylib'],
    ['darwin', '/usr/local/lib/libSDL2-2.0.0.dylib'],
    ['win32', 'SDL2.dll'],
  ] as const)('is looked for on %s as %s', (platform, name) => {
    expect(libraryNames(platform, undefined)).toContain(name);
    expect(libraryNames(platform, '/elsewhere/SDL2')).toEqual(['/elsewhere/SDL2']);
  });

  it('is reported missing with the install command, or the reason that it does not load', () => {
    let error: unknown;
    try {
      loadSdl2(['libNoSuch.so']);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(PeerglassError);
    expect(error).toMatchObject({
      code: 'E_SDL_MISSING',
      remedy: expect.stringMatching(
        needsNative(/install.*\n.*--view terminal/s, /--view terminal.*unset PEERGLASS_NATIVE/),
      ),
    });
  });
});
