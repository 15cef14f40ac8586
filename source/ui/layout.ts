/** Where a panel is, in cells from the top left corner of the terminal. */
export interface Area {
  readonly column: number;
  readonly row: number;
  readonly width: number;
  readonly height: number;
}

const CHARTS = ['fps', 'mbit', 'delay', 'rtt'] as const;
/** Without a place of their own in a small terminal: each is shown in the place of another while it is chosen. */
const GUESTS = ['messages', 'picture', 'link', 'encodings'] as const;

export type PanelName = (typeof CHARTS)[number] | (typeof GUESTS)[number] | 'figures' | 'viewers';

/** Of a share, in the order in which Tab goes through them. */
export const SHARE_PANELS: readonly PanelName[] = ['fps', 'mbit', 'figures', 'viewers', 'messages', 'picture'];

/** How much there is room for. */
export type Detail = 'tiny' | 'normal' | 'wide';

export interface Layout {
  readonly detail: Detail;
  /** The line to tell the other person, or the question of one who asks; a height of 1 or 2 has no box. */
  readonly top: Area;
  readonly panels: Readonly<Partial<Record<PanelName, Area>>>;
  /** Lines of messages without a panel, above the bar. */
  readonly messageRows: number;
  /** The list of viewers needs the room: there are no charts, and only the most important figures. */
  readonly crowded: boolean;
}

interface Wishes {
  readonly columns: number;
  readonly rows: number;
  /** The panels that the screen has, in the order in which Tab goes through them. */
  readonly panels: readonly PanelName[];
  readonly focus: PanelName | null;
  readonly enlarged: boolean;
  /** Rows that the top needs in a box of its own. */
  readonly topRows: number;
  /** Rows of figures. */
  readonly figureRows: number;
  /** Rows of the table of viewers, its heading included; 0 where a screen has none. */
  readonly viewerRows: number;
}

/** Figures that make way for viewers keep one line, and what limits the session. */
const CROWDED_FIGURES = 2;
const CROWDED_TOP = 2;
/** Rows of a table that never makes others leave. */
const FEW_VIEWERS = 4;
const BORDER = 2;
/** A chart with two lines; below that it tells little. */
const MIN_CHART = 4;

const HEADER = 1;
const BAR = 1;

export function detailOf(columns: number, rows: number): Detail {
  if (columns < 66 || rows < 19) return 'tiny';
  return columns >= 110 && rows >= 32 ? 'wide' : 'normal';
}

/** What is where on a dashboard. The areas never overlap and never leave the terminal. */
export function dashboardLayout(preferences: Wishes): Layout {
  const { columns, rows, focus, enlarged } = preferences;
  const detail = detailOf(columns, rows);
  if (detail === 'tiny') return tiny(preferences);
  const topRows = rows < 24 ? Math.min(3, preferences.topRows) : preferences.topRows;
  const top = { column: 0, row: HEADER, width: columns, height: topRows };
  const below = HEADER + topRows;
  if (enlarged && focus !== null) {
    const messageRows = focus === 'messages' ? 0 : 1;
    const height = rows - below - BAR - messageRows;
    const area = { column: 0, row: below, width: columns, height };
    return { detail, top, panels: { [focus]: area }, messageRows, crowded: false };
  }
  return detail === 'wide' ? wide(preferences, top) : normal(preferences, top);
}

function tiny({ columns, rows, focus, topRows }: Wishes): Layout {
  const top = { column: 0, row: HEADER, width: columns, height: Math.min(topRows > 0 ? 2 : 0, rows - 2) };
  const messageRows = rows >= 9 ? 1 : 0;
  const row = HEADER + top.height;
  const height = rows - row - BAR - messageRows;
  const panels = focus === null || height < 3 ? {} : { [focus]: { column: 0, row, width: columns, height } };
  return { detail: 'tiny', top, panels, messageRows, crowded: false };
}

/** Charts two by two from the top, each row as high as the others where that comes out even. */
function grid(
  charts: readonly PanelName[],
  columns: number,
  row: number,
  height: number,
): Partial<Record<PanelName, Area>> {
  const lines = Math.ceil(charts.length / 2);
  const areas: Partial<Record<PanelName, Area>> = {};
  let at = row;
  for (let line = 0; line < lines; line++) {
    const high = Math.ceil((row + height - at) / (lines - line));
    const pair = charts.slice(line * 2, line * 2 + 2);
    const left = pair.length === 1 ? columns : Math.ceil(columns / 2);
    pair.forEach((name, index) => {
      areas[name] = { column: index * left, row: at, width: index === 0 ? left : columns - left, height: high };
    });
    at += high;
  }
  return areas;
}

/** Charts side by side, figures, then viewers or messages; a guest that is chosen is shown in their place. */
function normal(preferences: Wishes, top: Area): Layout {
  const { columns, rows, focus, panels } = preferences;
  const resident: PanelName = panels.includes('viewers') ? 'viewers' : 'messages';
  const guest = GUESTS.find(name => name === focus) ?? null;
  const inSlot = guest ?? resident;
  const messageRows = inSlot === 'messages' ? 0 : rows >= 22 ? 2 : 1;
  const figures = preferences.figureRows + BORDER;
  const free = rows - top.row - top.height - BAR - figures - messageRows;
  const least = resident === 'viewers' ? 4 : 3;
  const wanted = resident === 'viewers' ? preferences.viewerRows + BORDER : 5;
  const chart = CHARTS.find(name => name === focus) ?? null;
  if (guest === null && chart === null && preferences.viewerRows > FEW_VIEWERS && wanted > free - 3) {
    return crowded(preferences);
  }
  const all = CHARTS.filter(name => panels.includes(name));
  const lines = free - least >= 2 * MIN_CHART ? Math.ceil(all.length / 2) : 1;
  // Those that are not shown for want of room are, one row of them, while one is chosen.
  const skipped = lines === 1 && chart !== null && all.indexOf(chart) >= 2 ? 2 : 0;
  const shown = all.slice(skipped, skipped + 2 * lines);
  // The table takes what its rows need, and a picture all it can have; charts look odd when they are too tall.
  const tallest = lines * (guest !== null && guest !== 'messages' ? MIN_CHART : lines === 1 ? 10 : 8);
  const charts = Math.max(3, Math.min(free - Math.max(Math.min(wanted, free - 3), least), tallest));
  const last = free - charts;
  const row = top.row + top.height;
  const slot = { column: 0, row: row + charts + figures, width: columns, height: last };
  return {
    detail: 'normal',
    top,
    panels: {
      ...grid(shown, columns, row, charts),
      figures: { column: 0, row: row + charts, width: columns, height: figures },
      ...(last >= 3 ? { [inSlot]: slot } : {}),
    },
    messageRows,
    crowded: false,
  };
}

/** More viewers than fit below charts: the list has all but what must be seen whatever happens. */
function crowded({ columns, rows, topRows }: Wishes): Layout {
  const top = { column: 0, row: HEADER, width: columns, height: Math.min(topRows, CROWDED_TOP) };
  const figures = CROWDED_FIGURES + BORDER;
  const row = HEADER + top.height;
  const messageRows = 1;
  const height = rows - row - figures - messageRows - BAR;
  return {
    detail: 'normal',
    top,
    panels: {
      figures: { column: 0, row, width: columns, height: figures },
      viewers: { column: 0, row: row + figures, width: columns, height },
    },
    messageRows,
    crowded: true,
  };
}

/** Rows that charts and a picture keep however many viewers there are. */
const MIN_UPPER = 10;
const LOWER = 5 + BORDER;

/** Charts with the picture beside them, or two by two; everything else below. */
function wide(preferences: Wishes, top: Area): Layout {
  const { columns, rows, panels } = preferences;
  const row = top.row + top.height;
  const body = rows - row - BAR;
  const figures = preferences.figureRows + BORDER;
  const messages = Math.max(5, Math.min(10, Math.floor(body * 0.16)));
  const room = body - figures - messages - MIN_UPPER;
  const viewers = panels.includes('viewers') ? Math.max(6, Math.min(preferences.viewerRows + BORDER, room)) : 0;
  const lower = (['link', 'encodings'] as const).filter(name => panels.includes(name));
  const below = viewers + (lower.length > 0 ? LOWER : 0);
  const upper = body - figures - messages - below;
  const all = CHARTS.filter(name => panels.includes(name));
  const left = Math.floor(columns / 2);
  const half = Math.ceil(upper / 2);
  const under = row + upper + figures;
  return {
    detail: 'wide',
    top,
    panels: {
      ...(panels.includes('picture')
        ? {
            fps: { column: 0, row, width: left, height: half },
            mbit: { column: 0, row: row + half, width: left, height: upper - half },
            picture: { column: left, row, width: columns - left, height: upper },
          }
        : grid(all, columns, row, upper)),
      figures: { column: 0, row: row + upper, width: columns, height: figures },
      ...grid(lower, columns, under, lower.length > 0 ? LOWER : 0),
      ...(viewers > 0 ? { viewers: { column: 0, row: under, width: columns, height: viewers } } : {}),
      messages: { column: 0, row: under + below, width: columns, height: messages },
    },
    messageRows: 0,
    crowded: false,
  };
}

/** The panel after (or before) the focused one; null, nothing chosen, is between the last and the first. */
export function nextPanel(panels: readonly PanelName[], focus: PanelName | null, step: 1 | -1): PanelName | null {
  const stops: (PanelName | null)[] = [null, ...panels];
  const index = Math.max(0, stops.indexOf(focus));
  return stops[(index + step + stops.length) % stops.length] ?? null;
}
