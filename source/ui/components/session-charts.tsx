import { Box } from 'ink';
import { ageText, isOld } from '../format.js';
import type { Area, PanelName } from '../layout.js';
import type { History, LinkHistory } from '../session-view.js';
import Chart from './chart.js';

interface Props {
  readonly panels: Readonly<Partial<Record<PanelName, Area>>>;
  readonly history: History;
  /** Of a viewer's only connection; null for a share. */
  readonly link: LinkHistory | null;
  /** Age of the last round trip; null if there was none. */
  readonly rttAgeMs?: number | null;
  readonly delayTitle?: string;
  readonly frozen: boolean;
  readonly focus: PanelName | null;
}

/** The charts of a session for which the layout has room, row by row. */
export default function SessionCharts(props: Props) {
  const { panels, history, link, rttAgeMs = null, delayTitle = 'Latency, ms', frozen, focus } = props;
  const { times } = history;
  const aside = rttAgeMs !== null && isOld(rttAgeMs) && !frozen ? `measured ${ageText(rttAgeMs)} ago` : null;
  const all = [
    { name: 'fps', title: 'Frames per second', values: history.fps, times, tone: 'first', floor: 10 },
    { name: 'mbit', title: 'Mbit/s', values: history.mbit, times, tone: 'second' },
    { name: 'delay', title: delayTitle, values: history.delay, times, tone: 'first' },
    { name: 'rtt', title: 'RTT, ms', values: link?.rtt ?? [], times: link?.times ?? [], tone: 'second', aside },
  ] as const;
  const shown = all.flatMap(chart => {
    const area = panels[chart.name];
    return area === undefined ? [] : [{ ...chart, area }];
  });
  const rows = [...new Set(shown.map(({ area }) => area.row))];
  return rows.map(row => (
    <Box key={row} flexShrink={0}>
      {shown
        .filter(({ area }) => area.row === row)
        .map(({ name, area, ...chart }) => (
          <Chart
            key={name}
            {...chart}
            width={area.width}
            height={area.height}
            frozen={frozen}
            focused={focus === name}
          />
        ))}
    </Box>
  ));
}
