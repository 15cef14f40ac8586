import { type FileCapture, startFileCapture } from '../../analysis/file-capture.js';
import { fileText } from '../../core/plain-text.js';
import { FileSwitch } from '../file-switch.js';
import type { ExportSnapshot } from '../snapshot.js';
import type { ConnectionTrace } from './connection-trace.js';
import { TrafficExport } from './traffic-export.js';

export interface ExporterParts {
  /** The session's ports. */
  ports(): readonly number[];
  traces(): Iterable<ConnectionTrace>;
  notice(tone: 'info' | 'good' | 'warning', text: string, code?: string): void;
}

type Running =
  | { readonly kind: 'captured'; readonly file: string; readonly capture: FileCapture }
  | { readonly kind: 'synthesised'; readonly file: string; readonly traffic: TrafficExport };

/**
 * Writes the session's traffic to a file: real packets if dumpcap can capture, else packets synthesised from the bytes.
 */
export class TrafficExporter {
  readonly #parts: ExporterParts;
  #running: Running | null = null;
  readonly #switch: FileSwitch;

  constructor(parts: ExporterParts) {
    this.#parts = parts;
    this.#switch = new FileSwitch({
      begin: file => this.#start(file),
      end: () => this.#end(),
      notice: (tone, text, code) => parts.notice(tone, text, code),
    });
  }

  get snapshot(): ExportSnapshot | null {
    const running = this.#running;
    if (!running) return null;
    const { kind, file } = running;
    return { kind, file, packets: kind === 'captured' ? running.capture.packets : running.traffic.packets };
  }

  /** Ends the export in progress and begins another; null: only ends it. Never rejects. */
  switchTo(file: string | null): Promise<void> {
    return this.#switch.switchTo(file);
  }

  /**
   * Begins the export that the session was started with.
   * @throws PeerglassError E_EXPORT when the file cannot be written
   */
  begin(file: string): Promise<void> {
    return this.#switch.begin(file);
  }

  /** A new connection is part of an export that runs. */
  opened(trace: ConnectionTrace): void {
    if (this.#running?.kind === 'synthesised') trace.exportTo(this.#running.traffic);
  }

  async #start(file: string): Promise<void> {
    const { notice, ports, traces } = this.#parts;
    const ended = (why: string) => this.#ended(file, why);
    const capture = await startFileCapture(ports(), file, ended);
    if (typeof capture !== 'string') {
      this.#running = { kind: 'captured', file, capture };
      notice('good', `exporting real packets to ${fileText(file)}`);
      return;
    }
    const traffic = await TrafficExport.open(file, why => {
      for (const trace of traces()) trace.endExport();
      ended(`It has ${traffic.packets} packets and ends there: ${why}.`);
    });
    this.#running = { kind: 'synthesised', file, traffic };
    for (const trace of traces()) trace.exportTo(traffic);
    notice('info', `exporting synthesised packets to ${fileText(file)}. ${capture}`);
  }

  #ended(file: string, why: string): void {
    this.#running = null;
    this.#parts.notice('warning', `The export to ${fileText(file)} has ended. ${why}`, 'E_EXPORT');
  }

  async #end(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    if (running.kind === 'captured') {
      const unwritten = await running.capture.stop();
      if (this.#running !== running) return;
      if (unwritten !== null) {
        this.#ended(running.file, unwritten);
        return;
      }
    } else {
      for (const trace of this.#parts.traces()) trace.endExport();
      await running.traffic.finish();
      if (this.#running !== running) return;
      const { dropped } = running.traffic;
      if (dropped > 0) this.#parts.notice('warning', `${dropped} chunks were dropped: the disk was too slow.`);
    }
    this.#running = null;
    const { packets } = running.kind === 'captured' ? running.capture : running.traffic;
    this.#parts.notice('good', `${running.file}: ${packets} packets`);
  }
}
