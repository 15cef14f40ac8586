import type { TcpSnapshot } from '../../session/snapshot.js';
import type { Area } from '../layout.js';
import { tcpFigures } from '../link-figures.js';
import Figures from './figures.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import Tone from './tone.js';

interface Props {
  readonly tcp: TcpSnapshot | null;
  readonly area: Area;
  readonly focused: boolean;
}

/** The connection as the kernel's TCP has it. */
export default function LinkPanel({ tcp, area, focused }: Props) {
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
