import { loadNative } from './load-native.js';

/** libX11 knows one handler a process. */
let registered: bigint | null = null;

/**
 * Calls `onDeath` when libX11 loses its server. It runs inside the X call that failed; when it returns, libX11 ends the
 * process (exit code 1), so whatever must survive is to be written synchronously in it. Without libX11 or its symbol
 * nothing is called and the process ends all the same.
 */
export function watchX11Death(onDeath: () => void): void {
  try {
    const koffi = loadNative('koffi');
    const handler = koffi.pointer(koffi.proto('int PeerglassXIOErrorHandler(void *display)'));
    const setHandler = koffi.load('libX11.so.6').func('XSetIOErrorHandler', 'void *', [handler]);
    if (registered !== null) koffi.unregister(registered);
    registered = koffi.register(() => {
      onDeath();
      return 0;
    }, handler);
    setHandler(registered);
  } catch (reason) {
    console.error('libX11 cannot be watched:', reason);
  }
}
