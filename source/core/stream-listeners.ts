type Listener = (value: never) => void;

/** Who listens to a stream that is not one of the platform's. */
export class StreamListeners {
  readonly #listeners = new Map<string, readonly Listener[]>();

  add(event: string, listener: Listener): void {
    this.#listeners.set(event, [...this.#of(event), listener]);
  }

  remove(event: string, listener: Listener): void {
    this.#listeners.set(
      event,
      this.#of(event).filter(each => each !== listener),
    );
  }

  tell(event: 'data', chunk: Uint8Array): void;
  tell(event: 'error', error: Error): void;
  tell(event: 'end' | 'close' | 'drain'): void;
  tell(event: string, value?: unknown): void {
    for (const listener of this.#of(event)) listener(value as never);
  }

  #of(event: string): readonly Listener[] {
    return this.#listeners.get(event) ?? [];
  }
}
