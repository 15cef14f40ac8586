import { Box } from 'ink';
import type { ReactNode } from 'react';
import type { Snapshot } from '../../session/snapshot.js';
import { bytes, ratio } from '../format.js';
import type { useDashboard } from '../hooks/use-dashboard.js';
import type { History, Notice } from '../session-view.js';
import { SparkLine } from './chart.js';
import Panel from './panel.js';
import { NoticeList } from './session-lines.js';
import Tone from './tone.js';

/** The few lines of either role where there is no room for panels. @param rows the room that is left */
export function TinyBody({
  columns,
  rows,
  history,
  snapshot,
  children,
}: {
  readonly columns: number;
  readonly rows: number;
  readonly history: History;
  readonly snapshot: Snapshot | null;
  readonly children: ReactNode;
}) {
  return (
    <Box flexDirection="column" paddingX={1} height={Math.max(0, rows)} overflowY="hidden">
      <SparkLine title="fps" values={history.fps} width={columns - 2} tone="first" floor={10} />
      <SparkLine title="Mbit/s" values={history.mbit} width={columns - 2} tone="second" />
      <Tone>
        <Tone tone="muted">frame </Tone>
        {bytes(snapshot?.bytesPerFrame ?? 0)}
        <Tone tone="muted"> ratio</Tone>
        {ratio(snapshot?.compressionRatio ?? 0)}
      </Tone>
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
