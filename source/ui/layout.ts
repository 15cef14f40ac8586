/** Where a panel is, in cells from the top left corner of the terminal. */
export interface Area {
  readonly column: number;
  readonly row: number;
  readonly width: number;
  readonly height: number;
}

export const PANELS = ['fps', 'mbit', 'figures', 'viewers', 'messages', 'picture'] as const;
export type PanelName = (typeof PANELS)[number];

/** How much there is room for. */
export type Detail = 'tiny' | 'normal' | 'wide';

export interface Layout {
  readonly detail: Detail;
  /** The line to tell the other person, or the question of one who asks; a height of 1 or 2 has no box. */
  readonly top: Area;
  readonly panels: Readonly<Partial<Record<PanelName, Area>>>;
  /** Lines of messages without a panel, above the bar. */
  readonly messageRows: number;
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

const HEADER = 1;
const BAR = 1;

export function detailOf(columns: number, rows: number): Detail {
  if (columns < 66 || rows < 19) return 'tiny';
  return columns >= 110 && rows >= 32 ? 'wide' : 'normal';
}

/** What is where on a dashboard. The areas never overlap and never leave the terminal. */
export function dashboardLayout(wishes: Wishes): Layout {
  const { columns, rows, focus, enlarged } = wishes;
  const detail = detailOf(columns, rows);
  if (detail === 'tiny') return tiny(wishes);
  const topRows = rows < 24 ? Math.min(3, wishes.topRows) : wishes.topRows;
  const top = { column: 0, row: HEADER, width: columns, height: topRows };
  const below = HEADER + topRows;
  if (enlarged && focus !== null) {
    const messageRows = focus === 'messages' ? 0 : 1;
    const height = rows - below - BAR - messageRows;
    return { detail, top, panels: { [focus]: { column: 0, row: below, width: columns, height } }, messageRows };
  }
  return detail === 'wide' ? wide(wishes, top) : normal(wishes, top);
}

function tiny({ columns, rows, focus, topRows }: Wishes): Layout {
  const top = { column: 0, row: HEADER, width: columns, height: Math.min(topRows > 0 ? 2 : 0, rows - 2) };
  const messageRows = rows >= 9 ? 1 : 0;
  const row = HEADER + top.height;
  const height = rows - row - BAR - messageRows;
  const panels = focus === null || height < 3 ? {} : { [focus]: { column: 0, row, width: columns, height } };
  return { detail: 'tiny', top, panels, messageRows };
}

/** Charts side by side, figures, then viewers; what has no place of its own is shown in theirs while it is chosen. */
function normal(wishes: Wishes, top: Area): Layout {
  const { columns, rows, focus, panels } = wishes;
  const body = rows - top.row - top.height - BAR;
  const figures = wishes.figureRows + 2;
  const least = panels.includes('viewers') ? 4 : 3;
  const messageRows = rows >= 22 ? 2 : 1;
  const free = body - figures - messageRows;
  const other = focus === 'picture' || focus === 'messages' ? focus : null;
  // The table takes what its rows need, and a picture all it can have; charts look odd when they are too tall.
  const wanted = wishes.viewerRows > 0 ? Math.max(least, Math.min(wishes.viewerRows + 2, free - 4)) : 0;
  const tallest = other === 'picture' ? 4 : 10;
  const charts = Math.max(3, Math.min(free - Math.max(wanted, least), tallest));
  const last = free - charts;
  const left = Math.ceil(columns / 2);
  const row = top.row + top.height;
  const slot = { column: 0, row: row + charts + figures, width: columns, height: last };
  const resident: PanelName = panels.includes('viewers') ? 'viewers' : 'messages';
  const inSlot = other ?? resident;
  return {
    detail: 'normal',
    top,
    panels: {
      fps: { column: 0, row, width: left, height: charts },
      mbit: { column: left, row, width: columns - left, height: charts },
      figures: { column: 0, row: row + charts, width: columns, height: figures },
      ...(last >= 3 ? { [inSlot]: slot } : {}),
    },
    messageRows: inSlot === 'messages' ? 0 : messageRows,
  };
}

/** Charts above each other at the left, the picture beside them, everything else below. */
function wide(wishes: Wishes, top: Area): Layout {
  const { columns, rows } = wishes;
  const row = top.row + top.height;
  const body = rows - row - BAR;
  const figures = wishes.figureRows + 2;
  const messages = Math.max(5, Math.min(10, Math.floor(body * 0.16)));
  const viewers = wishes.viewerRows > 0 ? Math.max(6, Math.min(wishes.viewerRows + 2, Math.floor(body * 0.3))) : 0;
  const charts = body - figures - messages - viewers;
  const left = Math.floor(columns * 0.5);
  const upper = Math.ceil(charts / 2);
  const belowCharts = row + charts;
  return {
    detail: 'wide',
    top,
    panels: {
      fps: { column: 0, row, width: left, height: upper },
      mbit: { column: 0, row: row + upper, width: left, height: charts - upper },
      picture: { column: left, row, width: columns - left, height: charts },
      figures: { column: 0, row: belowCharts, width: columns, height: figures },
      ...(viewers > 0 ? { viewers: { column: 0, row: belowCharts + figures, width: columns, height: viewers } } : {}),
      messages: { column: 0, row: belowCharts + figures + viewers, width: columns, height: messages },
    },
    messageRows: 0,
  };
}

/** The panel after (or before) the focused one; null, nothing chosen, is between the last and the first. */
export function nextPanel(panels: readonly PanelName[], focus: PanelName | null, step: 1 | -1): PanelName | null {
  const stops: (PanelName | null)[] = [null, ...panels];
  const index = Math.max(0, stops.indexOf(focus));
  return stops[(index + step + stops.length) % stops.length] ?? null;
}
