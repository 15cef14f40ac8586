import { Box } from 'ink';
import type { TcpSnapshot } from '../../session/snapshot.js';
import { Header, KeyBar } from '../components/bars.js';
import Chart, { SparkLine } from '../components/chart.js';
import Figures, { type Figure, tcpFigures } from '../components/figures.js';
import Panel, { PANEL_MARGIN } from '../components/panel.js';
import Tone, { Sentence } from '../components/tone.js';
import { useKeys } from '../hooks/use-keys.js';
import type { LinkHistory } from '../session-view.js';

interface Props {
  readonly place: 'share' | 'watch';
  /** Whose connection it is. */
  readonly peer: string;
  /** Figures of the session about it, before TCP's. */
  readonly figures: readonly Figure[];
  readonly tcp: TcpSnapshot | null;
  readonly history: LinkHistory;
  /** What limits the session. */
  readonly verdict: string;
  readonly columns: number;
  readonly rows: number;
  /** Another viewer's, where there are several. */
  readonly move: ((step: 1 | -1) => void) | null;
  readonly close: () => void;
}

/** One connection as the system's TCP sees it, with the course of its round trips and its window. */
export default function ConnectionPage(props: Props) {
  const { place, peer, tcp, history, columns, rows, move, close } = props;
  useKeys('connection', { up: () => move?.(-1), down: () => move?.(1), back: close });
  const all = [...(tcp ? tcpFigures(tcp) : []), ...props.figures];
  const across = columns >= 120 ? 4 : columns >= 64 ? 2 : 1;
  const other = (tcp ? 1 : 2) + 2;
  const top = Math.min(rows - 2, Math.ceil(all.length / across) + other);
  const figures = all.slice(0, Math.max(1, top - other) * across);
  const left = rows - 2 - top;
  const half = Math.ceil(columns / 2);
  const charts = tcp !== null && left >= 4;
  return (
    <>
      <Header columns={columns} place={`${place} › connection`} about={peer} />
      <Panel title={peer} aside="from the kernel" width={columns} height={top} focused>
        <Figures figures={figures} across={across} columns={columns - PANEL_MARGIN} />
        {tcp ? null : (
          <Sentence
            text="The kernel's TCP figures are available on Linux only."
            columns={columns - PANEL_MARGIN}
            tone="muted"
          />
        )}
        <Tone tone="muted">{props.verdict}</Tone>
      </Panel>
      {charts ? (
        <Box flexShrink={0}>
          <Chart title="RTT, ms" values={history.rtt} times={history.times} width={half} height={left} tone="first" />
          <Chart
            title="Congestion window, segments"
            values={history.congestionWindow}
            times={history.times}
            width={columns - half}
            height={left}
            tone="second"
          />
        </Box>
      ) : tcp !== null && left >= 2 ? (
        <Box flexDirection="column" paddingX={1} height={left} flexShrink={0}>
          <SparkLine title="RTT" values={history.rtt} width={columns - 2} tone="first" />
          <SparkLine title="cwnd" values={history.congestionWindow} width={columns - 2} tone="second" />
        </Box>
      ) : (
        <Box flexGrow={1} />
      )}
      <KeyBar screen="connection" columns={columns} hidden={move ? '' : 'up down'} />
    </>
  );
}
