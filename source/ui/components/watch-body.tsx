import { Box } from 'ink';
import { bytes, countText, elapsed, milliseconds, percent, rate, ratio } from '../format.js';
import type { Layout } from '../layout.js';
import type { WatchView, WatchViewState } from '../watch-view.js';
import Chart from './chart.js';
import Figures, { type Figure } from './figures.js';
import NoticeList from './notice-list.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import Picture from './picture.js';
import SparkLine from './spark-line.js';
import StageBar from './stage-bar.js';
import Tone from './tone.js';

interface Props {
  readonly view: WatchView;
  readonly state: WatchViewState;
  readonly layout: Layout;
  readonly columns: number;
  readonly rows: number;
  readonly focus: string | null;
}

function figuresOf({ snapshot }: WatchViewState): Figure[] {
  return [
    { label: 'frames/s', value: rate(snapshot?.fps ?? 0), tone: 'first' },
    { label: 'a frame', value: bytes(snapshot?.bytesPerFrame ?? 0) },
    { label: 'ratio', value: ratio(snapshot?.compressionRatio ?? 0) },
    { label: 'latency', value: milliseconds(snapshot?.latencyMs?.p50 ?? null) },
    { label: 'Mbit/s', value: rate(snapshot?.mbitPerSecond ?? 0), tone: 'second' },
    { label: 'total', value: bytes(snapshot?.bytes ?? 0) },
    { label: 'frames', value: countText(snapshot?.frames ?? 0) },
    { label: 'memory', value: `${(snapshot?.rssMb ?? 0).toFixed(0)} MB` },
  ];
}

/** What is asked for and what comes, e.g. "rfb  1920x1080  level auto". */
export function linkText({ snapshot }: WatchViewState): string {
  if (snapshot === null) return '';
  const size = snapshot.width > 0 ? `${snapshot.width}x${snapshot.height}` : '';
  const asked = snapshot.wire === 'rfb' ? `level ${snapshot.level ?? 'auto'}  quality ${snapshot.quality}` : '';
  return [snapshot.wire ?? '', size, snapshot.encryption ?? '', asked].filter(part => part !== '').join('  ');
}

function mixText({ snapshot }: WatchViewState): string {
  const used = Object.entries(snapshot?.encodings ?? {}).sort(([, a], [, b]) => b - a);
  return used.map(([name, count]) => `${name} ${countText(count)}`).join('  ');
}

export default function WatchBody({ view, state, layout, columns, rows, focus }: Props) {
  const { snapshot, history, notices, frozen, picture: shown } = state;
  const { panels, detail } = layout;
  if (detail === 'tiny' && focus === null) {
    const space = rows - 1 - layout.top.height - 1 - layout.messageRows;
    return (
      <Box flexDirection="column" paddingX={1} height={Math.max(0, space)} overflowY="hidden">
        <SparkLine title="fps" values={history.fps} width={columns - 2} tone="first" floor={10} />
        <SparkLine title="Mbit/s" values={history.mbit} width={columns - 2} tone="second" />
        <Tone>
          <Tone tone="muted">frame </Tone>
          {bytes(snapshot?.bytesPerFrame ?? 0)}
          <Tone tone="muted"> ratio</Tone>
          {ratio(snapshot?.compressionRatio ?? 0)}
        </Tone>
        <Tone tone="muted">{linkText(state)}</Tone>
        <Tone>
          <Tone tone="muted">total </Tone>
          {bytes(snapshot?.bytes ?? 0)}
          <Tone tone="muted"> frames </Tone>
          {countText(snapshot?.frames ?? 0)}
        </Tone>
      </Box>
    );
  }
  const { fps, mbit, figures, messages, picture } = panels;
  const across = columns >= 156 ? 8 : columns >= 64 ? 4 : 2;
  const charts = (
    <>
      {fps ? (
        <Chart
          title="Frames a second"
          values={history.fps}
          width={fps.width}
          height={fps.height}
          tone="first"
          floor={10}
          frozen={frozen}
          focused={focus === 'fps'}
        />
      ) : null}
      {mbit ? (
        <Chart
          title="Mbit a second"
          values={history.mbit}
          width={mbit.width}
          height={mbit.height}
          tone="second"
          frozen={frozen}
          focused={focus === 'mbit'}
        />
      ) : null}
    </>
  );
  const terminal = view.options.view === 'terminal';
  const thumb = picture ? (
    <Picture
      title={snapshot?.name ?? 'Picture'}
      aside={snapshot && snapshot.width > 0 ? `${snapshot.width}x${snapshot.height}` : ''}
      empty={terminal ? 'waiting for the first picture …' : 'The picture is in its window.'}
      thumbnail={shown}
      {...picture}
      focused={focus === 'picture'}
    />
  ) : null;
  const times = snapshot?.stagesMs ?? { receive: 0, decode: 0, present: 0 };
  const beside = picture && fps && picture.row === fps.row;
  return (
    <>
      {beside ? (
        <Box flexShrink={0}>
          <Box flexDirection="column">{charts}</Box>
          {thumb}
        </Box>
      ) : (
        <Box flexShrink={0}>{charts}</Box>
      )}
      {figures ? (
        <Panel
          title="Figures"
          aside={linkText(state)}
          width={figures.width}
          height={figures.height}
          focused={focus === 'figures'}
        >
          <Figures figures={figuresOf(state)} across={across} columns={figures.width - PANEL_MARGIN} />
          <StageBar
            columns={figures.width - PANEL_MARGIN}
            stages={Object.entries(times).map(([name, ms]) => ({ name, ms }))}
          />
          <Tone tone="muted">{snapshot?.bottleneck ?? (mixText(state) || ' ')}</Tone>
        </Panel>
      ) : null}
      {messages ? (
        <Panel
          title="Messages"
          aside={snapshot ? `CPU ${percent(snapshot.cpuPercent).trim()}  ${elapsed(snapshot.t - state.startedAt)}` : ''}
          width={messages.width}
          height={messages.height}
          focused={focus === 'messages'}
        >
          <NoticeList notices={notices} rows={messages.height - 2} />
        </Panel>
      ) : null}
      {beside ? null : thumb}
    </>
  );
}
