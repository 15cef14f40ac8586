// A worker thread: samples two displays and records when it first sees the number of each frame.
import { parentPort, workerData } from 'node:worker_threads';
import { Comparison, TextComparison, WholeComparison } from './comparison.js';
import { FramebufferFile } from './framebuffer-file.js';
import { MarkerReader } from './marker-reader.js';
import { WatcherMode, type WatcherReport, type WatcherTask } from './watcher-task.js';

const SAMPLE_EVERY_MS = 0.2;
const SEARCH_EVERY_MS = 20;
/** How often whole pictures are compared. */
const WHOLE_EVERY_MS = 20;

class Watcher {
  readonly #task: WatcherTask;
  readonly #source: MarkerReader;
  readonly #view: MarkerReader;
  readonly #comparison: Comparison;
  readonly #text: TextComparison;
  readonly #whole: WholeComparison;
  #lookAt = 0;
  #equalAt: number | null = null;

  constructor(task: WatcherTask) {
    const { offered, shown, size, layout, numbers } = task;
    this.#task = task;
    this.#source = new MarkerReader(new FramebufferFile(offered), task);
    this.#view = new MarkerReader(new FramebufferFile(shown), task);
    this.#comparison = new Comparison(layout.film ?? { x: 0, y: 0, ...size });
    this.#text = new TextComparison(layout.text, layout.typed);
    this.#whole = new WholeComparison(size, layout.slides ?? [], numbers.first);
  }

  watch(): WatcherReport {
    const { control } = this.#task;
    let samples = 0;
    let measuring = 0;
    let found = false;
    for (;;) {
      const mode: WatcherMode = Atomics.load(control, 0);
      if (mode === WatcherMode.Stop) break;
      if (!found || mode === WatcherMode.Search) {
        found = this.#view.search();
        Atomics.store(control, 1, found ? 1 : 0);
        Atomics.wait(control, 0, mode, SEARCH_EVERY_MS);
        continue;
      }
      if (measuring === 0) measuring = performance.now();
      samples += 1;
      this.#sample(mode);
      Atomics.wait(control, 0, mode, SAMPLE_EVERY_MS);
    }
    this.#whole.endSlide();
    const interval = samples > 0 ? (performance.now() - measuring) / samples : 0;
    this.#source.screen.close();
    this.#view.screen.close();
    return {
      offered: this.#source.frames,
      shown: this.#view.frames,
      letters: { offered: this.#source.letters, shown: this.#view.letters },
      errors: this.#comparison.errors,
      text: this.#text.counts,
      slides: this.#whole.slides,
      equalAt: this.#equalAt,
      interval,
    };
  }

  #sample(mode: WatcherMode): void {
    const to = this.#view.sample();
    const from = this.#source.sample();
    const toLetter = this.#view.sampleLetter();
    this.#source.sampleLetter();
    if (this.#task.layout.slides) this.#lookAtSlides(from);
    if (mode === WatcherMode.Compare) {
      if (from !== null) this.#comparison.keep(from, this.#source);
      if (to !== null) this.#comparison.notice(to);
      if (this.#comparison.compareWhenSettled(this.#view)) this.#text.compareStatic(this.#source, this.#view);
      if (toLetter !== null) this.#text.noticeLetter(toLetter);
      this.#text.compareTyped(this.#source, this.#view);
    }
    if (mode === WatcherMode.Settle && this.#equalAt === null && this.#isTimeToLook()) {
      if (!this.#whole.equal(this.#source, this.#view)) return;
      this.#equalAt = performance.timeOrigin + performance.now();
      Atomics.store(this.#task.control, 2, 1);
    }
  }

  #lookAtSlides(from: number | null): void {
    // The first number that is seen is of a slide that has been there before.
    if (from !== null && this.#source.frames.frames.length > 1) this.#whole.turn(from, this.#source);
    if (this.#isTimeToLook()) this.#whole.look(this.#view);
  }

  #isTimeToLook(): boolean {
    const now = performance.now();
    if (now < this.#lookAt) return false;
    this.#lookAt = now + WHOLE_EVERY_MS;
    return true;
  }
}

parentPort?.postMessage(new Watcher(workerData as WatcherTask).watch());
