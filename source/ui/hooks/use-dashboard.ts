import { useEffect, useState } from 'react';
import type { CommonCommand } from '../../session/messages.js';
import type { Quality } from '../../session/share-options.js';
import { stepLevel, stepQuality } from '../../session/steps.js';
import { sessionLines } from '../components/session-lines.js';
import { dashboardLayout, nextPanel, type PanelName } from '../layout.js';
import type { SessionState } from '../session-view.js';
import { useTerminalSize } from './surroundings.js';

/** The parts of a session that the keys of both dashboards use. */
interface Session {
  send(command: CommonCommand): void;
  savePicture(): void;
  resetFigures(): void;
  toggleFrozen(): void;
  readonly toggleExport: () => void;
  readonly toggleRecording: () => void;
}

interface DashboardOptions {
  /** In Tab's order. */
  readonly panels: readonly PanelName[];
  /** Chosen at the start, and again after Esc. */
  readonly first: PanelName | null;
  readonly topRows: number;
  readonly viewerRows: number;
  /** Shows the other dashboard of a demo. */
  readonly other: (() => void) | null;
  /** Called when the session is over or should end, after its error, if any, was read. */
  readonly leave: () => void;
}

/** Layout of the panels and movement between them, for both dashboards. */
export function useDashboard({ snapshot, ended }: SessionState, options: DashboardOptions) {
  const { columns, rows } = useTerminalSize();
  const { panels, first, topRows, viewerRows, other, leave } = options;
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
    viewerRows,
    focus,
    always,
    keys: {
      panel: () => (other ? other() : movePanel(1)),
      panelBack: () => movePanel(other ? 1 : -1),
    },
    /** @param otherwise called if no panel is chosen */
    enlarge: (otherwise: () => void): void => {
      if (focus !== null) setEnlarged(!enlarged);
      else otherwise();
    },
    /** One step back. @param otherwise called if there is nothing to step back from */
    back: (otherwise: () => void): void => {
      if (enlarged) setEnlarged(false);
      else if (focus !== first) setFocus(first);
      else otherwise();
    },
  };
}

/**
 * Handlers of the keys that both dashboards have.
 * @param ask runs a change, or says that this session does not support it
 */
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
    record: () => session.toggleRecording(),
    freezeCharts: () => session.toggleFrozen(),
    reset: () => session.resetFigures(),
  };
}
