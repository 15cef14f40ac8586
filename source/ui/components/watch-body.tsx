import { Box } from 'ink';
import { unixTime } from '../../node/clock.js';
import { byEncoding } from '../../session/bakeoff.js';
import type { BroadcastSnapshot, TcpSnapshot } from '../../session/snapshot.js';
import { bytes, countText, loadText, milliseconds, NOT_ENCRYPTED, percent, rate, ratio, roundTrip } from '../format.js';
import { bar } from '../graph.js';
import type { useDashboard } from '../hooks/use-dashboard.js';
import type { Area } from '../layout.js';
import { delayOf } from '../session-view.js';
import { padTo } from '../text.js';
import type { WatchViewState } from '../watch-view.js';
import { StageBar } from './chart.js';
import Figures, { type Figure, tcpFigures } from './figures.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import Picture from './picture.js';
import SessionBody, { TinyBody } from './session-body.js';
import SessionCharts from './session-charts.js';
import Tone from './tone.js';

interface Props {
  readonly state: WatchViewState;
  readonly dashboard: ReturnType<typeof useDashboard>;
}

function figuresOf({ snapshot }: WatchViewState): Figure[] {
  return [
    { label: 'fps', value: rate(snapshot?.fps ?? 0), tone: 'first' },
    { label: 'per frame', value: bytes(snapshot?.bytesPerFrame ?? 0) },
    { label: 'ratio', value: ratio(snapshot?.compressionRatio ?? 0) },
    { label: snapshot?.broadcast ? 'age' : 'latency', value: milliseconds(delayOf(snapshot)?.p50 ?? null) },
    { label: 'Mbit/s', value: rate(snapshot?.mbitPerSecond ?? 0), tone: 'second' },
    { label: 'total', value: bytes(snapshot?.bytes ?? 0) },
    { label: 'frames', value: countText(snapshot?.frames ?? 0) },
    { label: 'memory', value: `${(snapshot?.rssMb ?? 0).toFixed(0)} MB` },
  ];
}

/** Figures of the second line, where there is room for one. */
function moreFiguresOf({ snapshot }: WatchViewState): Figure[] {
  return [
    { label: snapshot?.broadcast ? 'age p95' : 'latency p95', value: milliseconds(delayOf(snapshot)?.p95 ?? null) },
    { label: 'RTT', value: roundTrip(snapshot?.tcp?.rttMs ?? null, snapshot?.tcp?.rttAgeMs ?? null) },
    { label: 'skipped', value: countText(snapshot?.skipped ?? 0) },
    { label: 'CPU', value: percent(snapshot?.cpuPercent ?? 0) },
  ];
}

/** Protocol, size and requested settings, e.g. "rfb  1920x1080  compression auto". */
function linkText({ snapshot }: WatchViewState): string {
  if (snapshot === null) return '';
  const size = snapshot.width > 0 ? `${snapshot.width}x${snapshot.height}` : '';
  const asked =
    snapshot.wire === 'rfb'
      ? `compression ${snapshot.level ?? 'auto'}  quality ${snapshot.quality}`
      : broadcastText(snapshot.broadcast);
  // Known only once the sharer has let this viewer in.
  const protection = snapshot.encryption ?? (size === '' ? '' : NOT_ENCRYPTED);
  return [snapshot.wire ?? '', size, protection, asked, snapshot.video ?? ''].filter(part => part !== '').join('  ');
}

/** The segment, and what the link does not carry, e.g. "segment 17  2 jumps  still pictures". */
function broadcastText(broadcast: BroadcastSnapshot | null): string {
  if (!broadcast || broadcast.segment === null) return '';
  const { segment, jumps, still } = broadcast;
  const jumped = jumps === 0 ? '' : jumps === 1 ? '1 jump' : `${jumps} jumps`;
  return [`segment ${segment}`, jumped, still ? 'still pictures' : ''].filter(part => part !== '').join('  ');
}

/** The encodings in one line, where the layout has no panel for them. */
function mixText({ snapshot }: WatchViewState): string {
  return byEncoding(snapshot?.encodings ?? {})
    .map(([name, count]) => `${name} ${countText(count)}`)
    .join('  ');
}

/** What the lines of a small terminal have already. */
const IN_TINY_LINES: ReadonlySet<string> = new Set(['fps', 'per frame', 'ratio', 'Mbit/s', 'latency', 'age', 'RTT']);

function Stages({ snapshot, columns }: Pick<WatchViewState, 'snapshot'> & { readonly columns: number }) {
  const times = snapshot?.stagesMs ?? { receive: 0, decode: 0, present: 0 };
  return <StageBar columns={columns} stages={Object.entries(times).map(([name, ms]) => ({ name, ms }))} />;
}

export default function WatchBody({ state, dashboard }: Props) {
  const { layout, columns, bodyRows, focus } = dashboard;
  const { snapshot, history, link, notices, frozen, picture: shown } = state;
  const { panels, detail } = layout;
  if (detail === 'tiny' && focus === null) {
    const space = bodyRows - 1 - layout.top.height - 1 - layout.noticeRows;
    return (
      <TinyBody
        {...{ columns, rows: space, history, snapshot, frozen }}
        figures={[...figuresOf(state), ...moreFiguresOf(state)].filter(({ label }) => !IN_TINY_LINES.has(label))}
        stages={<Stages snapshot={snapshot} columns={columns - 2} />}
        childRows={2}
      >
        <Tone tone="muted">{linkText(state)}</Tone>
        <Tone>
          <Tone tone="muted">{snapshot?.broadcast ? 'age ' : 'latency '}</Tone>
          {milliseconds(delayOf(snapshot)?.p50 ?? null)}
          <Tone tone="muted"> RTT </Tone>
          {roundTrip(snapshot?.tcp?.rttMs ?? null, snapshot?.tcp?.rttAgeMs ?? null)}
        </Tone>
      </TinyBody>
    );
  }
  const { figures, picture, link: linkArea, encodings } = panels;
  const across = columns >= 156 ? 6 : columns >= 64 ? 4 : 2;
  const shownFigures = [...figuresOf(state), ...(across === 6 ? moreFiguresOf(state) : [])];
  const charts = (
    <SessionCharts
      panels={panels}
      history={history}
      link={link}
      rttAgeMs={snapshot?.tcp?.rttAgeMs ?? null}
      delayTitle={snapshot?.broadcast ? 'Age, ms' : 'Latency, ms'}
      frozen={frozen}
      focus={focus}
    />
  );
  const thumb = picture ? (
    <Picture
      title={snapshot?.name ?? 'Picture'}
      aside={snapshot && snapshot.width > 0 ? `${snapshot.width}x${snapshot.height}` : ''}
      empty="Waiting for the first picture …"
      thumbnail={shown}
      {...picture}
      focused={focus === 'picture'}
    />
  ) : null;
  const beside = picture !== undefined && picture.row === panels.fps?.row;
  const inner = figures ? figures.width - PANEL_MARGIN : 0;
  const linkPanels =
    linkArea || encodings ? (
      <Box flexShrink={0}>
        {linkArea ? <LinkPanel tcp={snapshot?.tcp ?? null} area={linkArea} focused={focus === 'link'} /> : null}
        {encodings ? (
          <EncodingsPanel counts={snapshot?.encodings ?? {}} area={encodings} focused={focus === 'encodings'} />
        ) : null}
      </Box>
    ) : null;
  return (
    <SessionBody
      dashboard={dashboard}
      charts={charts}
      picture={thumb}
      beside={beside}
      figuresAside={linkText(state)}
      figures={
        <>
          <Figures figures={shownFigures} across={across} columns={inner} />
          <Stages snapshot={snapshot} columns={inner} />
          <Tone tone="muted">{snapshot?.bottleneck ?? (mixText(state) || ' ')}</Tone>
        </>
      }
      panels={linkPanels}
      notices={notices}
      noticesAside={snapshot ? loadText(snapshot, unixTime() - state.startedAt) : ''}
    />
  );
}

interface EncodingsPanelProps {
  /** Rectangles by encoding since the session began. */
  readonly counts: Readonly<Record<string, number>>;
  readonly area: Area;
  readonly focused: boolean;
}

const NAME = 14;
const COUNT = 10;

/** The encodings of the received rectangles, most frequent first, each with its share of all rectangles. */
function EncodingsPanel({ counts, area, focused }: EncodingsPanelProps) {
  const { width, height } = area;
  const used = byEncoding(counts);
  const total = used.reduce((sum, [, count]) => sum + count, 0);
  const room = Math.max(0, width - PANEL_MARGIN - NAME - COUNT - 2);
  return (
    <Panel title="Encodings" aside={`${countText(total)} rectangles`} width={width} height={height} focused={focused}>
      {used.length === 0 ? <Tone tone="muted">nothing received yet</Tone> : null}
      {used.slice(0, height - 2).map(([name, count]) => (
        <Tone key={name}>
          <Tone tone="muted">{padTo(name, NAME)}</Tone>
          <Tone bold>{padTo(countText(count), COUNT, 'start')} </Tone>
          <Tone tone="second">{bar(count / total, room)}</Tone>
        </Tone>
      ))}
    </Panel>
  );
}

interface LinkPanelProps {
  readonly tcp: TcpSnapshot | null;
  readonly area: Area;
  readonly focused: boolean;
}

/** The connection's figures from the kernel (TCP_INFO). */
function LinkPanel({ tcp, area, focused }: LinkPanelProps) {
  const { width, height } = area;
  return (
    <Panel title="Connection" aside="from the kernel" width={width} height={height} focused={focused}>
      {tcp === null ? (
        <Tone tone="muted">not connected</Tone>
      ) : (
        <Figures figures={tcpFigures(tcp)} across={width >= 60 ? 2 : 1} columns={width - PANEL_MARGIN} />
      )}
    </Panel>
  );
}
