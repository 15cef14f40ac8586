import { Box } from 'ink';
import type { ReactNode } from 'react';
import type { Snapshot } from '../../session/snapshot.js';
import { bytes, ratio } from '../format.js';
import type { useDashboard } from '../hooks/use-dashboard.js';
import { MIN_CHART } from '../layout.js';
import type { History, Notice } from '../session-view.js';
import { SparkLine } from './chart.js';
import Figures, { type Figure } from './figures.js';
import Panel from './panel.js';
import SessionCharts from './session-charts.js';
import { NoticeList } from './session-lines.js';
import Tone from './tone.js';

interface TinyProps {
  readonly columns: number;
  /** The room that is left. */
  readonly rows: number;
  readonly history: History;
  readonly snapshot: Snapshot | null;
  readonly frozen: boolean;
  /** Where there is room: more figures, the most telling ones first, and where a frame's time goes. */
  readonly figures: readonly Figure[];
  readonly stages: ReactNode;
  /** What only this role has, and its rows. */
  readonly children: ReactNode;
  readonly childRows: number;
}

/** The rates, and the line about frames. */
const TINY_ROWS = 3;

/** The lines of either role where there is no room for panels; where there is for charts, they take what is left. */
export function TinyBody(props: TinyProps) {
  const { columns, rows, history, snapshot, figures, stages, children, childRows } = props;
  const width = columns - 2;
  const across = columns >= 44 ? 2 : 1;
  const spare = Math.max(0, rows - TINY_ROWS - childRows);
  const figureRows = Math.min(Math.ceil(figures.length / across), spare);
  const charts = Math.floor((spare - figureRows - 1) / 2) + 1;
  const area = { column: 0, width, height: charts };
  return (
    <Box flexDirection="column" paddingX={1} height={Math.max(0, rows)} overflowY="hidden">
      {charts >= MIN_CHART ? (
        <SessionCharts
          panels={{ fps: { ...area, row: 0 }, mbit: { ...area, row: charts } }}
          history={history}
          link={null}
          frozen={props.frozen}
          focus={null}
        />
      ) : (
        <>
          <SparkLine title="fps" values={history.fps} width={width} tone="first" floor={10} />
          <SparkLine title="Mbit/s" values={history.mbit} width={width} tone="second" />
        </>
      )}
      <Tone>
        <Tone tone="muted">frame </Tone>
        {bytes(snapshot?.bytesPerFrame ?? 0)}
        <Tone tone="muted"> ratio</Tone>
        {ratio(snapshot?.compressionRatio ?? 0)}
      </Tone>
      <Figures figures={figures.slice(0, figureRows * across)} across={across} columns={width} />
      {spare > figureRows ? stages : null}
      {children}
    </Box>
  );
}

interface Props {
  readonly dashboard: ReturnType<typeof useDashboard>;
  readonly charts: ReactNode;
  readonly picture: ReactNode;
  /** Whether the picture is beside the charts instead of below everything. */
  readonly beside: boolean;
  /** Content of the panel of figures, and the text on its border. */
  readonly figures: ReactNode;
  readonly figuresAside: string;
  /** Panels that only this role has. */
  readonly panels: ReactNode;
  readonly notices: readonly Notice[];
  readonly noticesAside: string;
}

/** Everything below the top of a dashboard, as panels. */
export default function SessionBody(props: Props) {
  const { dashboard, charts, picture, beside, notices } = props;
  const { layout, focus } = dashboard;
  const { figures, notices: area } = layout.panels;
  return (
    <>
      {beside ? (
        <Box flexShrink={0}>
          <Box flexDirection="column">{charts}</Box>
          {picture}
        </Box>
      ) : (
        charts
      )}
      {figures ? (
        <Panel
          title="Figures"
          aside={props.figuresAside}
          width={figures.width}
          height={figures.height}
          focused={focus === 'figures'}
        >
          {props.figures}
        </Panel>
      ) : null}
      {props.panels}
      {area ? (
        <Panel
          title="Notices"
          aside={props.noticesAside}
          width={area.width}
          height={area.height}
          focused={focus === 'notices'}
        >
          <NoticeList notices={notices} rows={area.height - 2} />
        </Panel>
      ) : null}
      {beside ? null : picture}
    </>
  );
}
