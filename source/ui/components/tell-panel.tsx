import { Box } from 'ink';
import { memo } from 'react';
import { type TellLines, tellTitle } from '../share-lines.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import Tone from './tone.js';

interface Props {
  readonly lines: TellLines | null;
  readonly code: string | null;
  readonly width: number;
  readonly height: number;
}

const GAP = '   ';

/** The line to tell the other person, ready to copy, and below it what else leads here. */
function TellPanel({ lines, code, width, height }: Props) {
  const line = lines?.first ?? 'opening the port …';
  const boxed = height >= 3;
  // Without the code nobody gets in: where it does not fit behind the line, it begins the next one.
  const secret = code === null ? '' : `code ${code}`;
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
  const others = lines === null ? '' : lines.others.map(({ address, card }) => `${address} (${card})`).join('  ');
  const wires = lines?.wires.map(({ wire, first: address }) =>
    wire === 'classic' ? `Python program: ${address.replace(/:(\d+)$/, ' port $1')}` : `VNC viewer: ${address}`,
  );
  const second = [...(wires && wires.length > 1 ? wires : []), ...(others === '' ? [] : [`also ${others}`])].join(
    '  ·  ',
  );
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
          {rest(wires?.join('  ·  ') ?? '')}
          <Tone tone="muted">{others === '' ? '' : `also ${others}`}</Tone>
        </>
      ) : null}
    </Panel>
  );
}

export default memo(TellPanel);
