import type { WriteStream } from 'node:tty';
import type { Thumbnail } from '../session/messages.js';
import { halfBlocks } from './half-blocks.js';
import type { JobControl } from './job-control.js';
import { ScreenPainter } from './screen-painter.js';
import { widthOf, wrap } from './text.js';
import { chooseTheme } from './theme.js';

/** The picture of a headless `--view terminal`: the whole terminal, nothing else on it. */
export class PictureScreen {
  readonly #painter: ScreenPainter;
  readonly #job: JobControl;
  #drawn = false;
  readonly #mode: ReturnType<typeof chooseTheme>['pictures'];

  constructor(stdout: WriteStream, environment: NodeJS.ProcessEnv, job: JobControl) {
    this.#job = job;
    this.#painter = new ScreenPainter(stdout);
    this.#mode = chooseTheme(environment, stdout.getColorDepth?.() ?? 1).pictures;
  }

  open(resized: (cells: { readonly columns: number; readonly rows: number }) => void): void {
    const tell = (): void => resized({ columns: this.#painter.columns, rows: this.#painter.rows });
    this.#painter.on('sized', tell);
    const open = (): void => this.#painter.open();
    this.#job.open({ stopping: () => this.#painter.close(), continued: open });
    open();
    tell();
  }

  /** Shown before the first picture: what the viewer is waiting for. */
  say(text: string): void {
    if (this.#drawn) return;
    const { columns, rows } = this.#painter;
    const lines = wrap(text, Math.max(1, columns));
    const above = new Array<string>(Math.max(0, Math.floor((rows - lines.length) / 2))).fill('');
    const centred = lines.map(line => ' '.repeat(Math.max(0, Math.floor((columns - widthOf(line)) / 2))) + line);
    this.#painter.write([...above, ...centred].join('\n'));
  }

  draw(picture: Thumbnail): void {
    const { columns, rows } = this.#painter;
    const lines = halfBlocks(picture, this.#mode);
    // A picture made for a larger terminal than there is now is not worth showing; the next one fits.
    if (picture.columns > columns || lines.length > rows) return;
    this.#drawn = true;
    const left = ' '.repeat(Math.floor((columns - picture.columns) / 2));
    const above = new Array<string>(Math.floor((rows - lines.length) / 2)).fill('');
    this.#painter.write([...above, ...lines.map(line => left + line)].join('\n'));
  }

  close(): void {
    this.#job.close();
    this.#painter.close();
  }
}
