import { Box } from 'ink';
import { memo } from 'react';
import type { TellLines } from '../share-lines.js';
import Panel from './panel.js';
import Tone from './tone.js';

interface Props {
  readonly lines: TellLines | null;
  readonly code: string | null;
  readonly width: number;
  readonly height: number;
}

/** The line to tell the other person, ready to copy, and below it what else leads here. */
function TellPanel({ lines, code, width, height }: Props) {
  const secret = code === null ? '' : `code ${code}`;
  const first = (
    <Tone tone="accent" bold>
      {lines?.first ?? 'opening the port …'}
      {secret === '' ? '' : <Tone tone="warning">{`   ${secret}`}</Tone>}
    </Tone>
  );
  const others = lines === null ? '' : lines.others.map(({ address, card }) => `${address} (${card})`).join('  ');
  const wires = lines?.wires.map(({ wire, first: address }) =>
    wire === 'classic' ? `Python program: ${address.replace(/:(\d+)$/, ' port $1')}` : `VNC viewer: ${address}`,
  );
  const second = [...(wires && wires.length > 1 ? wires : []), ...(others === '' ? [] : [`also ${others}`])].join(
    '  ·  ',
  );
  if (height < 3) {
    return (
      <Box flexDirection="column" height={height} paddingX={1} flexShrink={0}>
        {first}
        {height > 1 ? <Tone tone="muted">{second}</Tone> : null}
      </Box>
    );
  }
  return (
    <Panel title="Tell the other person" width={width} height={height}>
      {first}
      {height === 4 ? <Tone tone="muted">{second}</Tone> : null}
      {height > 4 ? (
        <>
          <Tone tone="muted">{wires?.join('  ·  ')}</Tone>
          <Tone tone="muted">{others === '' ? '' : `also ${others}`}</Tone>
        </>
      ) : null}
    </Panel>
  );
}

export default memo(TellPanel);
