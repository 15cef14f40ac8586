import { oneLine } from '../core/errors.js';
import type { AppServices } from '../session/app-services.js';
import type { PlaySnapshot } from '../session/snapshot.js';
import type { PlayFileCommand } from './command.js';
import type { PictureScreen } from './headless.js';

/** What a headless player has to do with the world. */
export interface PlayWorld {
  readonly services: Pick<AppServices, 'startPlay'>;
  /** A line for the person, on standard error. */
  tell(line: string): void;
  /** A line for a program, on standard output. */
  print(line: string): void;
  /** Calls back when the run should end, with the exit code of that. */
  onInterrupt(listener: (exitCode: number) => void): void;
  /** Where `--view terminal` draws; null when it was not asked for. */
  readonly pictures: PictureScreen | null;
}

/** A little less than a second, because snapshots do not come to the millisecond. */
const PRINT_MS = 900;

/** Plays a recording to its end, or saves one of its pictures; answers with the exit code. */
export async function headlessPlay({ options, run }: PlayFileCommand, world: PlayWorld): Promise<number> {
  let finish: (exitCode: number) => void = () => {};
  const finished = new Promise<number>(resolve => {
    finish = resolve;
  });
  world.onInterrupt(exitCode => finish(exitCode));
  const lines: string[] = [];
  let unprinted: PlaySnapshot | null = null;
  let printedAt = Number.NEGATIVE_INFINITY;
  const print = () => {
    if (unprinted && run.json) world.print(JSON.stringify(unprinted));
    printedAt = unprinted?.t ?? printedAt;
    unprinted = null;
  };
  const controller = world.services.startPlay(options);
  world.pictures?.open(cells => controller.send({ type: 'terminal-cells', ...cells }));
  controller.subscribe(event => {
    if (event.type === 'picture') world.pictures?.draw(event.thumbnail);
    else if (event.type === 'notice') {
      const line = event.code === undefined ? event.text : `${event.code}: ${event.text}`;
      // It would lie over the picture.
      if (world.pictures) lines.push(line);
      else world.tell(line);
    } else if (event.type === 'snapshot') {
      unprinted = event.snapshot;
      if (event.snapshot.t - printedAt >= PRINT_MS) print();
    } else if (event.type === 'ended') {
      if (event.error) lines.push(oneLine(event.error));
      finish(event.error ? 1 : 0);
    }
  });
  const timer = run.duration === null ? null : setTimeout(() => finish(0), run.duration * 1000);
  const exitCode = await finished;
  if (timer) clearTimeout(timer);
  await controller.stop();
  world.pictures?.close();
  for (const line of lines) world.tell(line);
  print();
  return exitCode;
}
