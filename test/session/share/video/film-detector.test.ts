import { describe, expect, it } from 'vitest';
import type { Rectangle } from '../../../../source/core/rectangle.js';
import { evenly, FilmDetector } from '../../../../source/session/share/video/film-detector.js';

const SCREEN = { width: 1366, height: 768 };
const FILM = { x: 113, y: 77, width: 641, height: 359 };
const FOUND = { x: 112, y: 76, width: 642, height: 360 };
const OTHER = { x: 820, y: 400, width: 480, height: 270 };

interface Actor {
  readonly rectangles: readonly Rectangle[] | ((turn: number) => readonly Rectangle[]);
  readonly everyMs: number;
}

/** Plays changes on a clock of its own, and looks at the regions as often as a share does. */
class Stage {
  readonly detector: FilmDetector;
  now = 1000;
  /** Whether what is judged looks like a photograph. */
  photographic: (rectangle: Rectangle) => boolean = () => true;

  constructor() {
    this.detector = new FilmDetector(SCREEN, rectangle => this.photographic(rectangle));
  }

  get rectangles(): Rectangle[] {
    return this.detector.regions.map(({ rectangle }) => rectangle);
  }

  play(ms: number, ...actors: readonly Actor[]): void {
    const end = this.now + ms;
    const due = actors.map(() => this.now);
    const turns = actors.map(() => 0);
    for (; this.now < end; this.now++) {
      for (const [index, { rectangles, everyMs }] of actors.entries()) {
        if (this.now < due[index]!) continue;
        due[index]! += everyMs;
        const turn = turns[index]!++;
        this.detector.changed(typeof rectangles === 'function' ? rectangles(turn) : rectangles, this.now);
      }
      if (this.now % 20 === 0) this.detector.evaluate(this.now);
    }
  }
}

const film: Actor = { rectangles: [FILM], everyMs: 33 };
const second: Actor = { rectangles: [OTHER], everyMs: 40 };

describe('film regions', () => {
  it('finds a film within half a second, at its edges, made even', () => {
    const stage = new Stage();
    stage.play(500, film);
    expect(stage.rectangles).toEqual([FOUND]);
  });

  it('finds films of ten pictures a second, and none of three', () => {
    const stage = new Stage();
    stage.play(2500, { ...film, everyMs: 100 });
    expect(stage.rectangles).toHaveLength(1);
    const slow = new Stage();
    slow.play(4000, { ...film, everyMs: 333 });
    expect(slow.rectangles).toEqual([]);
  });

  it('keeps the region, and its number, while the film goes on, whatever its damage looks like', () => {
    const stage = new Stage();
    stage.play(600, film);
    const [before] = stage.detector.regions;
    const { x, y, width, height } = FILM;
    const pieces = (turn: number): Rectangle[] =>
      turn % 2 === 0
        ? [{ x, y, width, height: 200 }]
        : [
            { x, y: y + 200, width: 300, height: height - 200 },
            { x: x + 300, y: y + 200, width: width - 300, height: height - 200 },
          ];
    stage.play(3000, { rectangles: pieces, everyMs: 17 });
    expect(stage.detector.regions).toEqual([before]);
    // A second of few pictures, as when the machine is busy.
    stage.play(1000, { ...film, everyMs: 200 });
    expect(stage.detector.regions).toEqual([before]);
  });

  it('ends it within a second once the film stops, and finds it again', () => {
    const stage = new Stage();
    stage.play(600, film);
    const [before] = stage.detector.regions;
    stage.play(800);
    expect(stage.rectangles).toEqual([]);
    stage.play(600, film);
    expect(stage.rectangles).toHaveLength(1);
    expect(stage.detector.regions[0]!.id).not.toBe(before!.id);
  });

  it('tells two films apart', () => {
    const stage = new Stage();
    stage.play(900, film, second);
    expect(stage.rectangles).toEqual([FOUND, OTHER]);
    stage.play(900, second);
    expect(stage.rectangles).toEqual([OTHER]);
  });

  it('is not moved by a menu that stands over it, nor by one that closes again', () => {
    const stage = new Stage();
    stage.play(600, film);
    const [before] = stage.detector.regions;
    const { x, y, width, height } = FILM;
    // What changes beside a menu of 200x250 pixels at its top left corner.
    const beside: Actor = {
      rectangles: [
        { x: x + 200, y, width: width - 200, height: 250 },
        { x, y: y + 250, width, height: height - 250 },
      ],
      everyMs: 33,
    };
    stage.play(3000, beside);
    expect(stage.detector.regions).toEqual([before]);
    stage.play(1000, film);
    expect(stage.detector.regions).toEqual([before]);
  });

  it('follows a film that has grown, or shrunk to less than half, but not at once', () => {
    const stage = new Stage();
    stage.play(600, film);
    const whole = { x: 0, y: 0, ...SCREEN };
    stage.play(500, { rectangles: [whole], everyMs: 33 });
    expect(stage.rectangles).toEqual([FOUND]);
    stage.play(1500, { rectangles: [whole], everyMs: 33 });
    expect(stage.rectangles).toEqual([whole]);
    stage.play(3000, second);
    expect(stage.rectangles).toEqual([OTHER]);
  });

  it('takes neither small things, nor what does not look like a photograph, for film', () => {
    const stage = new Stage();
    stage.play(2000, { rectangles: [{ x: 10, y: 10, width: 90, height: 300 }], everyMs: 20 });
    expect(stage.rectangles).toEqual([]);
    stage.photographic = () => false;
    stage.play(3000, film);
    expect(stage.rectangles).toEqual([]);
    // It is looked at again.
    stage.photographic = () => true;
    stage.play(1000, film);
    expect(stage.rectangles).toHaveLength(1);
  });

  it('ends where the film gives way to text, e.g. its credits, that changes as often', () => {
    const stage = new Stage();
    stage.play(600, film);
    stage.photographic = () => false;
    stage.play(800, film);
    expect(stage.rectangles).toHaveLength(1);
    stage.play(2000, film);
    expect(stage.rectangles).toEqual([]);
  });

  it('takes no scroll for film: moves explain what changes, also of photographs', () => {
    const stage = new Stage();
    const source = { x: 100, y: 140, width: 1000, height: 560 };
    for (let turn = 0; turn < 90; turn++) {
      stage.detector.moved([{ source, dx: 0, dy: -40 }], stage.now);
      stage.play(33, { rectangles: [{ x: 100, y: 560, width: 1000, height: 140 }], everyMs: 33 });
    }
    expect(stage.rectangles).toEqual([]);
  });

  it('forgets all with the size of the screen', () => {
    const stage = new Stage();
    stage.play(600, film);
    stage.detector.resized({ width: 800, height: 601 });
    expect(stage.rectangles).toEqual([]);
    stage.play(1500, { rectangles: [{ x: 0, y: 0, width: 800, height: 601 }], everyMs: 33 });
    expect(stage.rectangles).toEqual([{ x: 0, y: 0, width: 800, height: 600 }]);
  });

  it('depends on changes alone: looking at it rarely finds the same', () => {
    const stage = new Stage();
    for (let turn = 0; turn < 60; turn++) {
      stage.now += 33;
      stage.detector.changed([FILM], stage.now);
      if (turn % 20 === 19) stage.detector.evaluate(stage.now);
    }
    expect(stage.rectangles).toEqual([FOUND]);
  });
});

describe('even rectangles', () => {
  it('hold what they are made of, and stay on the screen', () => {
    expect(evenly({ x: 3, y: 5, width: 10, height: 10 }, SCREEN)).toEqual({ x: 2, y: 4, width: 12, height: 12 });
    const odd = { width: 1365, height: 767 };
    expect(evenly({ x: 0, y: 0, ...odd }, odd)).toEqual({ x: 0, y: 0, width: 1364, height: 766 });
  });
});
