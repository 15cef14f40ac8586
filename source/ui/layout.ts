/** Where a panel is, in cells from the top left corner of the terminal. */
export interface Area {
  readonly column: number;
  readonly row: number;
  readonly width: number;
  readonly height: number;
}

const CHARTS = ['fps', 'mbit', 'delay', 'rtt'] as const;
/** In a small terminal each of these is shown only while it is chosen, in the place of another panel. */
const GUESTS = ['notices', 'picture', 'link', 'encodings'] as const;

export type PanelName = (typeof CHARTS)[number] | (typeof GUESTS)[number] | 'figures' | 'viewers';

/** The panels of a share, in Tab's order. */
export const SHARE_PANELS: readonly PanelName[] = ['fps', 'mbit', 'figures', 'viewers', 'notices', 'picture'];

/** What the terminal has room for. */
export type Detail = 'tiny' | 'normal' | 'wide';

export interface Layout {
  readonly detail: Detail;
  /** The invitation, or the question about a viewer that asks. Without a box if its height is 1 or 2. */
  readonly top: Area;
  readonly panels: Readonly<Partial<Record<PanelName, Area>>>;
  /** Lines of notices without a panel, above the bar. */
  readonly noticeRows: number;
  /** The viewer table needs the room: no charts, only the most important figures. */
  readonly crowded: boolean;
}

interface LayoutRequest {
  readonly columns: number;
  readonly rows: number;
  /** The screen's panels, in Tab's order. */
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

/** When viewers need the room: one line of figures, and the limit of the session. */
const CROWDED_FIGURES = 2;
const CROWDED_TOP = 2;
/** A viewer table of at most this many rows never displaces the charts. */
const FEW_VIEWERS = 4;
const BORDER = 2;
/** A chart with two lines. A lower one shows too little. */
export const MIN_CHART = 4;

const HEADER = 1;
const BAR = 1;

export function detailOf(columns: number, rows: number): Detail {
  if (columns < 66 || rows < 19) return 'tiny';
  return columns >= 110 && rows >= 32 ? 'wide' : 'normal';
}

/** The areas of a dashboard. They never overlap and never leave the terminal. */
export function dashboardLayout(request: LayoutRequest): Layout {
  const { columns, rows, focus, enlarged } = request;
  const detail = detailOf(columns, rows);
  if (detail === 'tiny') return tiny(request);
  const topRows = rows < 24 ? Math.min(3, request.topRows) : request.topRows;
  const top = { column: 0, row: HEADER, width: columns, height: topRows };
  const below = HEADER + topRows;
  if (enlarged && focus !== null) {
    const noticeRows = focus === 'notices' ? 0 : 1;
    const height = rows - below - BAR - noticeRows;
    const area = { column: 0, row: below, width: columns, height };
    return { detail, top, panels: { [focus]: area }, noticeRows, crowded: false };
  }
  return detail === 'wide' ? wide(request, top) : normal(request, top);
}

function tiny({ columns, rows, focus, topRows }: LayoutRequest): Layout {
  const top = { column: 0, row: HEADER, width: columns, height: Math.min(topRows > 0 ? 2 : 0, rows - 2) };
  const noticeRows = rows >= 9 ? 1 : 0;
  const row = HEADER + top.height;
  const height = rows - row - BAR - noticeRows;
  const panels = focus === null || height < 3 ? {} : { [focus]: { column: 0, row, width: columns, height } };
  return { detail: 'tiny', top, panels, noticeRows, crowded: false };
}

/** Charts two by two from the top, in rows of equal height as far as possible. */
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

/** Charts side by side, figures, then viewers or notices. A chosen guest takes their place. */
function normal(request: LayoutRequest, top: Area): Layout {
  const { columns, rows, focus, panels } = request;
  const resident: PanelName = panels.includes('viewers') ? 'viewers' : 'notices';
  const guest = GUESTS.find(name => name === focus) ?? null;
  const inSlot = guest ?? resident;
  const noticeRows = inSlot === 'notices' ? 0 : rows >= 22 ? 2 : 1;
  const figures = request.figureRows + BORDER;
  const free = rows - top.row - top.height - BAR - figures - noticeRows;
  const least = resident === 'viewers' ? 4 : 3;
  const wanted = resident === 'viewers' ? request.viewerRows + BORDER : 5;
  const chart = CHARTS.find(name => name === focus) ?? null;
  if (guest === null && chart === null && request.viewerRows > FEW_VIEWERS && wanted > free - 3) {
    return crowded(request);
  }
  const all = CHARTS.filter(name => panels.includes(name));
  const lines = free - least >= 2 * MIN_CHART ? Math.ceil(all.length / 2) : 1;
  // With room for one row of charts only, the row with the chosen one is shown.
  const skipped = lines === 1 && chart !== null && all.indexOf(chart) >= 2 ? 2 : 0;
  const shown = all.slice(skipped, skipped + 2 * lines);
  // The table takes what its rows need, a picture all that it can get. Very tall charts look odd.
  const tallest = lines * (guest !== null && guest !== 'notices' ? MIN_CHART : lines === 1 ? 10 : 8);
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
    noticeRows,
    crowded: false,
  };
}

/** More viewers than fit below charts: the table takes all rows but those that must always be visible. */
function crowded({ columns, rows, topRows }: LayoutRequest): Layout {
  const top = { column: 0, row: HEADER, width: columns, height: Math.min(topRows, CROWDED_TOP) };
  const figures = CROWDED_FIGURES + BORDER;
  const row = HEADER + top.height;
  const noticeRows = 1;
  const height = rows - row - figures - noticeRows - BAR;
  return {
    detail: 'normal',
    top,
    panels: {
      figures: { column: 0, row, width: columns, height: figures },
      viewers: { column: 0, row: row + figures, width: columns, height },
    },
    noticeRows,
    crowded: true,
  };
}

/** Rows that charts and a picture keep however many viewers there are. */
const MIN_UPPER = 10;
const LOWER = 5 + BORDER;

/** Charts beside the picture, or two by two; everything else below. */
function wide(request: LayoutRequest, top: Area): Layout {
  const { columns, rows, panels } = request;
  const row = top.row + top.height;
  const body = rows - row - BAR;
  const figures = request.figureRows + BORDER;
  const notices = Math.max(5, Math.min(10, Math.floor(body * 0.16)));
  const room = body - figures - notices - MIN_UPPER;
  const viewers = panels.includes('viewers') ? Math.max(6, Math.min(request.viewerRows + BORDER, room)) : 0;
  const lower = (['link', 'encodings'] as const).filter(name => panels.includes(name));
  const below = viewers + (lower.length > 0 ? LOWER : 0);
  const upper = body - figures - notices - below;
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
      notices: { column: 0, row: under + below, width: columns, height: notices },
    },
    noticeRows: 0,
    crowded: false,
  };
}

/** The panel after or before the focused one. Null (nothing chosen) is between the last and the first. */
export function nextPanel(panels: readonly PanelName[], focus: PanelName | null, step: 1 | -1): PanelName | null {
  const stops: (PanelName | null)[] = [null, ...panels];
  const index = Math.max(0, stops.indexOf(focus));
  return stops[(index + step + stops.length) % stops.length] ?? null;
}
