import { Box } from 'ink';
import { memo } from 'react';
import { codeWord } from '../../core/code.js';
import type { ErrorReport } from '../../core/errors.js';
import { browserLink, type TellLines, tellTitle, vncLine } from '../share-lines.js';
import { wrap } from '../text.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import Tone from './tone.js';

interface TellPanelProps {
  readonly lines: TellLines | null;
  readonly code: string | null;
  readonly vncPassword: string | null;
  /** The link of a broadcast; null: there is none. */
  readonly broadcast: string | null;
  readonly width: number;
  readonly height: number;
}

const GAP = '   ';
const DOT = '  ·  ';
/** Narrower panels have the VNC password alone. */
const ROOMY = 60;

/** The invitation: the line to send to the other person, and below it other addresses of this share. */
export const TellPanel = memo(function TellPanel(props: TellPanelProps) {
  const { lines, code, vncPassword, broadcast, width, height } = props;
  const line = lines?.first ?? broadcast ?? 'opening the port …';
  const boxed = height >= 3;
  // Nobody gets in without the code: where it does not fit on the line, it starts the next one.
  const secret = code === null ? '' : `code ${codeWord(code)}`;
  const room = width - (boxed ? PANEL_MARGIN : 2);
  const below = secret !== '' && line.length + GAP.length + secret.length > room;
  const first = (
    <Tone tone="accent" bold>
      {line}
      {secret === '' || below ? '' : <Tone tone="warning">{`${GAP}${secret}`}</Tone>}
    </Tone>
  );
  const rest = (text: string) => (
    <Tone tone="muted">
      {below ? <Tone tone="warning" bold>{`${secret}${text === '' ? '' : GAP}`}</Tone> : ''}
      {text}
    </Tone>
  );
  const also = (lines?.others ?? []).map(({ address, interfaceName }) => `${address} (${interfaceName})`).join('  ');
  const others = also === '' ? [] : [`also ${also}`];
  const link = lines && browserLink(lines, null);
  const vnc = room >= ROOMY || vncPassword === null ? vncLine(lines, { code, vncPassword }) : `VNC: ${vncPassword}`;
  const ways = [
    ...(link === null ? [] : [`any browser: ${link}`]),
    ...(lines?.wires ?? []).flatMap(({ wire, first: address }) => {
      if (wire === 'classic') return [`Python program: ${address.replace(/:(\d+)$/, ' port $1')}`];
      return vnc === null ? [`VNC viewer: ${address}`] : [];
    }),
  ];
  if (broadcast !== null)
    ways.push(lines === null ? 'u shows the whole link and its QR code' : 'broadcast: u shows its link');
  const shown = vnc !== null || lines === null || ways.length > 1 ? ways : [];
  const second = [...(vnc === null ? [] : [vnc]), ...shown, ...others].join(DOT);
  const title = tellTitle(lines);
  if (!boxed) {
    return (
      <Box flexDirection="column" height={height} paddingX={1} flexShrink={0}>
        {first}
        {height > 1 ? rest(second) : null}
      </Box>
    );
  }
  return (
    <Panel title={title} width={width} height={height}>
      {first}
      {height === 4 ? rest(second) : null}
      {height > 4 ? (
        <>
          {rest([...ways, ...(vnc === null ? [] : others)].join(DOT))}
          <Tone tone="muted">{vnc ?? others.join(DOT)}</Tone>
        </>
      ) : null}
    </Panel>
  );
});

interface MissingPanelProps {
  /** Why the shared window or monitor cannot be captured. */
  readonly missing: ErrorReport;
  readonly columns: number;
  readonly rows: number;
}

/** The shared window or monitor is gone or hidden: what is missing, what to do, and what happens by itself. */
export function MissingPanel({ missing, columns, rows }: MissingPanelProps) {
  const boxed = rows >= 3;
  const text = `${missing.message} Press o to share something else. ${missing.remedy}`;
  const lines = wrap(text, columns - (boxed ? PANEL_MARGIN : 2)).slice(0, boxed ? rows - 2 : rows);
  const said = lines.map(line => (
    <Tone key={line} tone="warning" bold>
      {line}
    </Tone>
  ));
  if (boxed) {
    return (
      <Panel title="Viewers keep the last picture" width={columns} height={rows} tone="warning">
        {said}
      </Panel>
    );
  }
  return (
    <Box flexDirection="column" height={rows} paddingX={1} flexShrink={0}>
      {said}
    </Box>
  );
}
