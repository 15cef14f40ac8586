import { unixTime } from '../../node/clock.js';
import { bytes, countText, elapsed, milliseconds, percent, rate, ratio } from '../format.js';
import type { useDashboard } from '../hooks/use-dashboard.js';
import { isRead, settingsText, shareVerdictLine, videoLine } from '../share-lines.js';
import type { ShareView, ShareViewState } from '../share-view.js';
import { truncate } from '../text.js';
import { StageBar } from './chart.js';
import Figures, { type Figure } from './figures.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import Picture from './picture.js';
import SessionBody, { TinyBody } from './session-body.js';
import SessionCharts from './session-charts.js';
import Tone from './tone.js';
import ViewerTable, { shownViewers } from './viewer-table.js';

interface Props {
  readonly view: ShareView;
  readonly state: ShareViewState;
  readonly dashboard: ReturnType<typeof useDashboard>;
  readonly chosen: number | null;
}

function figuresOf({ snapshot }: ShareViewState): Figure[] {
  const of = <Value,>(value: Value | undefined, otherwise: Value): Value => value ?? otherwise;
  return [
    { label: 'published', value: rate(of(snapshot?.publishedFps, 0)), tone: 'first' },
    { label: 'per frame', value: bytes(of(snapshot?.bytesPerFrame, 0)) },
    { label: 'ratio', value: ratio(of(snapshot?.compressionRatio, 0)) },
    { label: 'latency', value: milliseconds(snapshot?.latencyMs?.p50 ?? null) },
    { label: 'Mbit/s', value: rate(of(snapshot?.mbitPerSecond, 0)), tone: 'second' },
    { label: 'total', value: bytes(of(snapshot?.bytes, 0)) },
    { label: 'changed', value: countText(of(snapshot?.changedFrames, 0)) },
    { label: 'repeated', value: countText(of(snapshot?.repeatedFrames, 0)) },
  ];
}

function moreFiguresOf({ snapshot }: ShareViewState): Figure[] {
  const count = (value: number | undefined): string => countText(value ?? 0);
  return [
    { label: 'read px', value: count(snapshot?.capturedPixels) },
    { label: 'new px', value: count(snapshot?.changedPixels) },
    { label: 'encoded', value: count(snapshot?.encodedRectangles) },
    { label: 'reused', value: count(snapshot?.sharedRectangles) },
    { label: 'frames', value: count(snapshot?.frames) },
    { label: 'p95', value: milliseconds(snapshot?.latencyMs?.p95 ?? null) },
    { label: 'CPU', value: percent(snapshot?.cpuPercent ?? 0) },
    { label: 'memory', value: `${(snapshot?.rssMb ?? 0).toFixed(0)} MB` },
  ];
}

function Stages({ state, columns }: { readonly state: ShareViewState; readonly columns: number }) {
  const times = state.snapshot?.stagesMs ?? { capture: 0, detect: 0, encode: 0, send: 0 };
  return <StageBar columns={columns} stages={Object.entries(times).map(([name, ms]) => ({ name, ms }))} />;
}

/** The four for which a small terminal has room. */
function fewFiguresOf(state: ShareViewState): Figure[] {
  const few = new Set(['published', 'per frame', 'latency', 'Mbit/s']);
  return figuresOf(state).filter(({ label }) => few.has(label));
}

/** What the lines of a small terminal have already. */
const IN_TINY_LINES: ReadonlySet<string> = new Set(['per frame', 'ratio', 'Mbit/s']);

/** What is told in place of a picture of what viewers see. */
function idleText(snapshot: ShareViewState['snapshot']): string {
  if (isRead(snapshot?.broadcast ?? null)) return 'No viewers but those of the broadcast.';
  return snapshot?.recording ? 'No viewers, but it is recorded.' : 'Idle - no viewers, nothing is captured.';
}

/** The range of viewers shown, or, if all are, what is shared and why. @param rows of the table */
function tableAside({ snapshot }: ShareViewState, chosen: number | null, rows: number): string {
  const viewers = snapshot?.viewers ?? [];
  const below = (snapshot?.broadcast ? 1 : 0) + (snapshot && videoLine(snapshot.video) !== null ? 1 : 0);
  const { first, last } = shownViewers(viewers, chosen, rows - below);
  if (last - first < viewers.length) return `${first + 1}-${last} of ${viewers.length}`;
  return snapshot?.source ? truncate(`${snapshot.source.description}: ${snapshot.source.why}`, 60) : '';
}

/** The borders of a panel. */
const BORDER = 2;

/** Everything below the invitation: panels, or a few lines where there is no room for them. */
export default function ShareBody({ view, state, dashboard, chosen }: Props) {
  const { layout, columns, bodyRows, focus } = dashboard;
  const { snapshot, history, notices, frozen, thumbnail } = state;
  const { panels, detail } = layout;
  const viewers = snapshot?.viewers ?? [];
  const watching = viewers.some(viewer => viewer.state === 'watching');
  const verdict = shareVerdictLine(snapshot);
  const settings = settingsText(snapshot, view.options, viewers.find(viewer => viewer.id === chosen) ?? null);
  const table = (width: number, height: number) => (
    <ViewerTable
      viewers={viewers}
      none={
        snapshot?.recording || snapshot?.broadcast
          ? 'No viewers yet.'
          : 'No viewers yet. Nothing is captured until one connects.'
      }
      broadcast={snapshot?.broadcast ?? null}
      video={snapshot?.video ?? null}
      chosen={chosen}
      slowest={viewers.length > 1 ? (snapshot?.slowest?.id ?? null) : null}
      now={snapshot?.t ?? 0}
      columns={width}
      rows={height}
    />
  );
  if (detail === 'tiny' && focus === null) {
    const space = bodyRows - 1 - layout.top.height - 1 - layout.noticeRows;
    const tableRows = Math.min(dashboard.viewerRows, Math.max(2, space - 4));
    return (
      <TinyBody
        {...{ columns, rows: space, history, snapshot, frozen }}
        figures={[...figuresOf(state).filter(({ label }) => !IN_TINY_LINES.has(label)), ...moreFiguresOf(state)]}
        stages={<Stages state={state} columns={columns - 2} />}
        childRows={1 + tableRows}
      >
        <Tone tone="muted">{settings.replace(/quality \S+ +/, '')}</Tone>
        {table(columns - 2, tableRows)}
      </TinyBody>
    );
  }
  const { fps, figures, viewers: viewerArea, picture } = panels;
  const enlargedFigures = figures !== undefined && figures.height > 8;
  const across = columns >= 156 ? 8 : columns >= 64 ? 4 : 2;
  const charts = <SessionCharts panels={panels} history={history} link={null} frozen={frozen} focus={focus} />;
  const thumb = picture ? (
    <Picture
      title="What leaves this machine"
      aside={snapshot?.source ? `${snapshot.source.width}x${snapshot.source.height}` : ''}
      empty={watching ? 'Waiting for the first picture …' : idleText(snapshot)}
      thumbnail={watching ? thumbnail : null}
      {...picture}
      focused={focus === 'picture'}
    />
  ) : null;
  const inner = figures ? figures.width - PANEL_MARGIN : 0;
  const viewersPanel = viewerArea ? (
    <Panel
      title={`Viewers ${viewers.length}`}
      aside={tableAside(state, chosen, viewerArea.height - BORDER)}
      width={viewerArea.width}
      height={viewerArea.height}
      focused={focus === 'viewers'}
    >
      {table(viewerArea.width - PANEL_MARGIN, viewerArea.height - BORDER)}
    </Panel>
  ) : null;
  return (
    <SessionBody
      dashboard={dashboard}
      charts={charts}
      picture={thumb}
      beside={detail === 'wide' && picture !== undefined && fps !== undefined}
      figuresAside={settings}
      figures={
        <>
          {layout.crowded ? (
            <Figures figures={fewFiguresOf(state)} across={4} columns={inner} />
          ) : (
            <>
              <Figures
                figures={[...figuresOf(state), ...(enlargedFigures || across === 8 ? moreFiguresOf(state) : [])]}
                across={across}
                columns={inner}
              />
              <Stages state={state} columns={inner} />
            </>
          )}
          <Tone tone={verdict.tone}>{verdict.text}</Tone>
        </>
      }
      panels={viewersPanel}
      notices={notices}
      noticesAside={elapsed((snapshot?.t ?? unixTime()) - state.startedAt)}
    />
  );
}
