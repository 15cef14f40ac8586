import { plainText } from '../../core/plain-text.js';
import type { Rectangle, Size } from '../../core/rectangle.js';
import { numbered, type PinnableMonitor } from '../pinned-part.js';
import type { Global, WaylandConnection, WaylandObject } from './connection.js';
import { OUTPUT_POWER, OUTPUT_POWER_MANAGER, WL_OUTPUT, XDG_OUTPUT, XDG_OUTPUT_MANAGER } from './interfaces.js';
import { turnedSize, turnOf } from './turn.js';

const OUTPUT_VERSION = 4;
const CURRENT_MODE = 1;
const LONGEST_NAME = 40;
const LONGEST_TEXT = 200;
/** More than anybody has. */
const MAX_OUTPUTS = 64;

/** A monitor as the compositor describes it. */
export interface OutputState {
  readonly name: string;
  /** Identifies the monitor: maker, model and, if the compositor includes it, the serial number. */
  readonly id: string;
  /** In physical pixels, before rotation. */
  readonly mode: Size;
  /** As wl_output.transform. */
  readonly transform: number;
  /** Its place in the compositor's own units: pixels divided by the scale. */
  readonly logical: Rectangle;
  /** Whether it is switched on; true where the compositor does not say. */
  readonly on: boolean;
}

interface Told {
  x: number;
  y: number;
  make: string;
  model: string;
  transform: number;
  width: number;
  height: number;
  scale: number;
  name: string;
  description: string;
  logicalX: number | null;
  logicalY: number | null;
  logicalWidth: number;
  logicalHeight: number;
  on: boolean;
}

/** A monitor: its protocol object, and its description. */
export class Output {
  readonly object: WaylandObject<typeof WL_OUTPUT>;
  readonly global: number;
  readonly #told: Told;

  constructor(object: WaylandObject<typeof WL_OUTPUT>, global: number, told: Told) {
    this.object = object;
    this.global = global;
    this.#told = told;
  }

  get state(): OutputState {
    const told = this.#told;
    const { x, y, scale, transform } = told;
    const upright = turnedSize(turnOf(transform), told);
    const logical = {
      x: told.logicalX ?? x,
      y: told.logicalY ?? y,
      width: told.logicalWidth || Math.round(upright.width / scale),
      height: told.logicalHeight || Math.round(upright.height / scale),
    };
    const name = told.name || `output-${this.global}`;
    return {
      name,
      id: [told.make, told.model, told.description].join('/'),
      mode: { width: told.width, height: told.height },
      transform,
      logical,
      on: told.on,
    };
  }
}

/** The monitors of a compositor: wl_output, xdg_output for their places, wlr-output-power where there is one. */
export class Outputs {
  readonly #connection: WaylandConnection;
  readonly #places: WaylandObject<typeof XDG_OUTPUT_MANAGER> | null;
  readonly #powers: WaylandObject<typeof OUTPUT_POWER_MANAGER> | null;
  readonly #all = new Map<number, Output>();
  #onChange: () => void = () => {};

  /** Their descriptions arrive with the next `sync`. */
  constructor(connection: WaylandConnection) {
    this.#connection = connection;
    this.#places = connection.bind(XDG_OUTPUT_MANAGER, 3);
    this.#powers = connection.bind(OUTPUT_POWER_MANAGER, 1);
    for (const global of connection.globals.values()) this.#add(global);
    connection.onGlobal((global, added) => {
      if (added ? this.#add(global) : this.#remove(global)) this.#onChange();
    });
  }

  get all(): readonly Output[] {
    return [...this.#all.values()];
  }

  /** Calls back when a monitor was added, removed, moved or changed, often several times in a row. One listener. */
  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  #add(global: Global): boolean {
    if (global.interface !== WL_OUTPUT.name || this.#all.size >= MAX_OUTPUTS) return false;
    const told = untold();
    const changed = () => this.#onChange();
    const object = this.#connection.bind(
      WL_OUTPUT,
      OUTPUT_VERSION,
      {
        geometry: (x, y, _width, _height, _subpixel, make, model, transform) => {
          Object.assign(told, { x, y, transform, make: text(make), model: text(model) });
        },
        mode: (flags, width, height) => {
          if ((flags & CURRENT_MODE) !== 0) Object.assign(told, { width, height });
        },
        scale: scale => {
          told.scale = Math.max(1, scale);
        },
        name: name => {
          told.name = plainText(name, LONGEST_NAME);
        },
        description: description => {
          told.description = text(description);
        },
        done: changed,
      },
      global,
    );
    if (!object) return false;
    this.#place(object, told, changed);
    this.#power(object, told, changed);
    const output = new Output(object, global.name, told);
    this.#all.set(global.name, output);
    return true;
  }

  #place(output: WaylandObject<typeof WL_OUTPUT>, told: Told, changed: () => void): void {
    if (!this.#places) return;
    const place = this.#connection.create(XDG_OUTPUT, {
      logical_position: (x, y) => Object.assign(told, { logicalX: x, logicalY: y }),
      logical_size: (width, height) => {
        Object.assign(told, { logicalWidth: Math.max(0, width), logicalHeight: Math.max(0, height) });
      },
      name: name => {
        told.name ||= plainText(name, LONGEST_NAME);
      },
      description: description => {
        told.description ||= text(description);
      },
      done: changed,
    });
    this.#places.send('get_xdg_output', place as WaylandObject, output as WaylandObject);
  }

  #power(output: WaylandObject<typeof WL_OUTPUT>, told: Told, changed: () => void): void {
    if (!this.#powers) return;
    const power = this.#connection.create(OUTPUT_POWER, {
      mode: mode => {
        told.on = mode !== 0;
        changed();
      },
    });
    this.#powers.send('get_output_power', power as WaylandObject, output as WaylandObject);
  }

  /** Its objects stay until the connection ends: a capture that is being dropped may still name them. */
  #remove(global: Global): boolean {
    return this.#all.delete(global.name);
  }
}

function untold(): Told {
  return {
    x: 0,
    y: 0,
    make: '',
    model: '',
    transform: 0,
    width: 0,
    height: 0,
    scale: 1,
    name: '',
    description: '',
    logicalX: null,
    logicalY: null,
    logicalWidth: 0,
    logicalHeight: 0,
    on: true,
  };
}

function text(told: string): string {
  return plainText(told, LONGEST_TEXT);
}

/** A monitor with its place in the picture of the whole screen. */
export interface OutputMonitor extends PinnableMonitor {
  readonly output: Output;
}

/**
 * The monitors with their places in physical pixels. The compositor's own places are divided by scales, so they are
 * laid out again: each begins where those to its left and above it end, at least as far away as in the compositor's
 * layout.
 *
 * @param sizeOf the size of an output's upright picture, in physical pixels
 */
export function monitorsOf(outputs: readonly Output[], sizeOf: (output: Output) => Size): OutputMonitor[] {
  const known = outputs
    .map(output => ({ output, state: output.state, size: sizeOf(output) }))
    .filter(({ size }) => size.width > 0 && size.height > 0);
  const places = arrange(known.map(({ state, size }) => ({ logical: state.logical, size })));
  return numbered(
    known.map(({ output, state }, index) => ({
      output,
      name: state.name,
      primary: false,
      geometry: places[index]!,
      outputs: [{ name: state.name, id: state.id }],
    })),
  );
}

/** The size of an output's upright picture, from its mode. */
export function uprightSize({ state }: Output): Size {
  const { mode, logical, transform } = state;
  // Some virtual monitors have no mode.
  return mode.width > 0 && mode.height > 0 ? turnedSize(turnOf(transform), mode) : logical;
}

/** Physical pixels in a unit of an output's logical size, e.g. 1.5: its configured scale. */
export function scaleOf(output: Output): number {
  const { width } = output.state.logical;
  return width > 0 ? Math.round((uprightSize(output).width / width) * 100) / 100 : 1;
}

interface Placed {
  readonly logical: Rectangle;
  readonly size: Size;
}

/** Physical places for logical ones. Rectangles that do not overlap do not overlap afterwards. */
export function arrange(items: readonly Placed[]): Rectangle[] {
  const xs = along(items, ({ logical, size }) => ({ start: logical.x, length: logical.width, pixels: size.width }));
  const ys = along(items, ({ logical, size }) => ({ start: logical.y, length: logical.height, pixels: size.height }));
  return items.map(({ size }, index) => ({ x: xs[index]!, y: ys[index]!, width: size.width, height: size.height }));
}

/** Adjacent monitors may overlap by this much, because scaling leaves fractions. */
const ROUNDED = 1;

interface Span {
  readonly start: number;
  readonly length: number;
  readonly pixels: number;
}

/** The same for one axis. */
function along(items: readonly Placed[], spanOf: (item: Placed) => Span): number[] {
  const spans = items.map(spanOf);
  const first = Math.min(...spans.map(({ start }) => start));
  const places = new Array<number>(spans.length).fill(0);
  const order = spans.map((_, index) => index).sort((a, b) => spans[a]!.start - spans[b]!.start);
  for (const index of order) {
    const { start, length, pixels } = spans[index]!;
    const scale = length > 0 ? pixels / length : 1;
    const before = order.filter(each => {
      const { start: other, length: extent } = spans[each]!;
      return other < start && other + extent <= start + ROUNDED;
    });
    const ends = before.map(each => {
      const gap = Math.max(0, start - spans[each]!.start - spans[each]!.length);
      return places[each]! + spans[each]!.pixels + Math.round(gap * scale);
    });
    places[index] = ends.length > 0 ? Math.max(...ends) : Math.round((start - first) * scale);
  }
  return places;
}
