import type { Clock } from '../../core/clock.js';
import type { ExportSnapshot } from '../snapshot.js';
import { ConnectionTrace, type TracedConnection } from './connection-trace.js';
import { MessageLog } from './message-log.js';
import type { MessageRecord } from './message-record.js';
import { TrafficExporter } from './traffic-exporter.js';

export interface InspectionParts {
  readonly clock: Clock;
  ports(): readonly number[];
  tell(records: readonly MessageRecord[]): void;
  notice(tone: 'info' | 'good' | 'warning', text: string, code?: string): void;
}

/** Interval and maximum of messages in one event: nobody reads more. */
const BATCH_MS = 250;
const MAX_IN_BATCH = 250;

/** Inspection of a session: its messages while a page shows them, and the export of its traffic. */
export class Inspection {
  readonly #parts: InspectionParts;
  readonly #log = new MessageLog();
  readonly #traces = new Set<ConnectionTrace>();
  readonly #exporter: TrafficExporter;
  #told = 0;
  #cancelBatch: (() => void) | null = null;

  constructor(parts: InspectionParts) {
    this.#parts = parts;
    this.#exporter = new TrafficExporter({
      ports: () => parts.ports(),
      traces: () => this.#traces,
      notice: (tone, text, code) => parts.notice(tone, text, code),
    });
  }

  get exported(): ExportSnapshot | null {
    return this.#exporter.snapshot;
  }

  /** Creates the trace of a new connection, to which the protocol reports its traffic. */
  trace(connection: TracedConnection): ConnectionTrace {
    const trace = new ConnectionTrace(connection, this.#log, closed => this.#traces.delete(closed));
    this.#traces.add(trace);
    this.#exporter.opened(trace);
    return trace;
  }

  /** Whether the messages page is open. */
  look(on: boolean): void {
    this.#log.on = on;
    this.#cancelBatch?.();
    this.#cancelBatch = null;
    this.#told = this.#log.count;
    if (on) this.#tellLater();
  }

  /** @throws PeerglassError E_EXPORT when the file cannot be written */
  beginExport(file: string): Promise<void> {
    return this.#exporter.begin(file);
  }

  export(file: string | null): Promise<void> {
    return this.#exporter.switchTo(file);
  }

  /** Stops everything, and completes the export. */
  async close(): Promise<void> {
    this.look(false);
    await this.#exporter.switchTo(null);
  }

  #tellLater(): void {
    this.#cancelBatch = this.#parts.clock.after(BATCH_MS, () => {
      const records = this.#log.since(this.#told, MAX_IN_BATCH);
      this.#told = this.#log.count;
      if (records.length > 0) this.#parts.tell(records);
      this.#tellLater();
    });
  }
}
