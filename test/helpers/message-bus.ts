import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RunningProgram } from './running-program.js';

/** A private message bus, without any services but the test's own. */
export class MessageBus {
  readonly address: string;
  readonly #folder: string;
  readonly #daemon: RunningProgram;

  private constructor(folder: string, daemon: RunningProgram) {
    this.#folder = folder;
    this.#daemon = daemon;
    this.address = `unix:path=${folder}/bus`;
  }

  static async start(): Promise<MessageBus> {
    const folder = mkdtempSync(path.join(tmpdir(), 'peerglass-bus-'));
    const config = path.join(folder, 'bus.conf');
    writeFileSync(
      config,
      `<busconfig><type>session</type><listen>unix:path=${folder}/bus</listen><auth>EXTERNAL</auth>
        <policy context="default"><allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`,
    );
    const daemon = new RunningProgram('dbus-daemon', [`--config-file=${config}`, '--nofork', '--print-address']);
    await daemon.said(/unix:/);
    return new MessageBus(folder, daemon);
  }

  async stop(): Promise<void> {
    await this.#daemon.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
