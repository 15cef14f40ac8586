import { useEffect, useState } from 'react';
import type { CommonCommand } from '../../session/messages.js';
import type { Quality } from '../../session/share-options.js';
import { stepLevel, stepQuality } from '../../session/steps.js';
import { sessionLines } from '../components/session-lines.js';
import { dashboardLayout, nextPanel, type PanelName } from '../layout.js';
import type { SessionState } from '../session-view.js';
import { useTerminalSize } from './surroundings.js';

/** What the keys of either dashboard ask of its session. */
interface Session {
  send(command: CommonCommand): void;
  savePicture(): void;
  resetFigures(): void;
  toggleFrozen(): void;
  readonly toggleExport: () => void;
}

interface Wishes {
  /** In the order in which Tab goes through them. */
  readonly panels: readonly PanelName[];
  /** The one that is chosen at first, and again once Esc was pressed. */
  readonly first: PanelName | null;
  readonly topRows: number;
  readonly viewerRows: number;
  /** In a demo the other dashboard is one key away. */
  readonly other: (() => void) | null;
  /** The session is over, or should be: with an error it was read. */
  readonly leave: () => void;
}

/** How a dashboard lays out its panels and moves between them, whichever role it is for. */
export function useDashboard({ snapshot, ended }: SessionState, preferences: Wishes) {
  const { columns, rows } = useTerminalSize();
  const { panels, first, topRows, viewerRows, other, leave } = preferences;
  const [focus, setFocus] = useState<PanelName | null>(first);
  const [enlarged, setEnlarged] = useState(false);
  const always = sessionLines(snapshot, columns, rows, enlarged ? focus : null);
  const bodyRows = rows - always.rows;
  const layout = dashboardLayout({
    columns,
    rows: bodyRows,
    panels,
    focus,
    enlarged,
    topRows,
    figureRows: 4,
    viewerRows,
  });
  useEffect(() => {
    if (ended !== null && ended.error === null) leave();
  }, [ended, leave]);
  const movePanel = (step: 1 | -1): void => setFocus(nextPanel(panels, focus, step));
  return {
    columns,
    rows,
    bodyRows,
    layout,
    focus,
    always,
    keys: {
      panel: () => (other ? other() : movePanel(1)),
      panelBack: () => movePanel(other ? 1 : -1),
    },
    /** @param otherwise what is done where no panel is chosen */
    enlarge: (otherwise: () => void): void => {
      if (focus !== null) setEnlarged(!enlarged);
      else otherwise();
    },
    /** One step back. @param otherwise what is done where there is none */
    back: (otherwise: () => void): void => {
      if (enlarged) setEnlarged(false);
      else if (focus !== first) setFocus(first);
      else otherwise();
    },
  };
}

/** What the keys do on either dashboard. @param ask where the session cannot be asked for that it says so instead */
export function sessionKeys(
  session: Session,
  { level, quality }: { readonly level: number; readonly quality: Quality },
  ask: (change: () => void) => void,
) {
  const setLevel = (next: number): void => ask(() => session.send({ type: 'level', level: next }));
  const setQuality = (next: Quality): void => ask(() => session.send({ type: 'quality', quality: next }));
  return {
    level: (key: string) => setLevel(Number(key)),
    levelUp: () => setLevel(stepLevel(level, 1)),
    levelDown: () => setLevel(stepLevel(level, -1)),
    qualityDown: () => setQuality(stepQuality(quality, -1)),
    qualityUp: () => setQuality(stepQuality(quality, 1)),
    lossless: () => setQuality(quality === 'lossless' ? 'auto' : 'lossless'),
    save: () => session.savePicture(),
    export: () => session.toggleExport(),
    freezeCharts: () => session.toggleFrozen(),
    reset: () => session.resetFigures(),
  };
}
