import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { XPainter } from './x-painter.js';

export interface WindowManager {
  stop(): Promise<void>;
}

/** Starts openbox and waits until it manages a window: while it starts it may overlook some. */
export async function startWindowManager(display: string): Promise<WindowManager> {
  const leash = ['--pdeathsig', 'KILL', 'openbox', '--sm-disable'];
  const manager = spawn('setpriv', leash, { env: { ...process.env, DISPLAY: display }, stdio: 'ignore' });
  const exited = once(manager, 'exit');
  const probe = await XPainter.open(display, {
    geometry: { x: 0, y: 0, width: 8, height: 8 },
    overrideRedirect: false,
  });
  await probe.close();
  return {
    async stop() {
      manager.kill();
      await exited;
    },
  };
}
