import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RunningProgram } from './running-program.js';

/** PipeWire and its session manager, with sockets of their own. */
export class PipeWireSession {
  /** What programs are given to use it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly socket: string;
  readonly #folder: string;
  readonly #daemon: RunningProgram;
  readonly #manager: RunningProgram;

  private constructor(
    folder: string,
    daemon: RunningProgram,
    manager: RunningProgram,
    environment: Record<string, string>,
  ) {
    this.#folder = folder;
    this.#daemon = daemon;
    this.#manager = manager;
    this.environment = environment;
    this.socket = path.join(folder, 'pipewire-0');
  }

  /** @param bus the address of a message bus, without which the session manager does not start */
  static async start(bus: string): Promise<PipeWireSession> {
    const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-pipewire-'));
    const environment = {
      XDG_RUNTIME_DIR: folder,
      XDG_STATE_HOME: folder,
      XDG_CONFIG_HOME: folder,
      HOME: folder,
      DBUS_SESSION_BUS_ADDRESS: bus,
      DBUS_SYSTEM_BUS_ADDRESS: bus,
    };
    const daemon = new RunningProgram('pipewire', [], environment);
    while (!existsSync(path.join(folder, 'pipewire-0')) && !daemon.over) await new Promise(go => setTimeout(go, 10));
    const manager = new RunningProgram('wireplumber', [], environment);
    return new PipeWireSession(folder, daemon, manager, environment);
  }

  /** A connection to it, as the portal gives one. @returns its descriptor, and what closes this end */
  async connect(): Promise<{ readonly descriptor: number; close(): void }> {
    const socket = net.connect(this.socket);
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.pause();
    const handle: unknown = Reflect.get(socket, '_handle');
    return { descriptor: Number(Reflect.get(handle as object, 'fd')), close: () => socket.destroy() };
  }

  /** As a crash of the daemon. */
  kill(): Promise<void> {
    return this.#daemon.kill();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#manager.kill(), this.#daemon.kill()]);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
