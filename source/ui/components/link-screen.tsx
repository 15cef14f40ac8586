import { Box } from 'ink';
import { useState } from 'react';
import { encode } from 'uqr';
import { usePainter } from '../hooks/surroundings.js';
import { useKeys } from '../hooks/use-keys.js';
import { invitationText, type TellLines, tellTitle } from '../share-lines.js';
import type { ShareViewState } from '../share-view.js';
import { useTheme } from '../theme.js';
import { Header, KeyBar } from './bars.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import Tone, { PlainText, Sentence } from './tone.js';

interface Props {
  readonly lines: TellLines | null;
  readonly code: string | null;
  readonly announced: ShareViewState['announced'];
  readonly columns: number;
  readonly rows: number;
  readonly close: () => void;
}

const COPIED = 'copied, if this terminal allows it (OSC 52; tmux: set-clipboard on)';

/** All addresses of this share, and a QR code of its link for a phone with a VNC viewer. */
export default function LinkScreen({ lines, code, announced, columns, rows, close }: Props) {
  // Dark on light whatever the terminal's background, or a camera may not read it.
  const coloured = useTheme().colours.accent !== null;
  const painter = usePainter();
  const [copied, setCopied] = useState(false);
  const line = lines?.first ?? '';
  useKeys('link', {
    copy: () => {
      if (line === '') return;
      painter.copy(invitationText(line, code));
      setCopied(true);
    },
    back: close,
  });
  const rfb = lines?.wires.find(wire => wire.wire === 'rfb');
  const classic = lines?.wires.find(wire => wire.wire === 'classic');
  const link = rfb ? `vnc://${rfb.first}` : null;
  const qr = link === null ? [] : qrLines(link);
  const room = rows - 2 - 2 - 8;
  const fits = qr.length > 0 && qr.length <= rows - 4 && (qr[0]?.length ?? 0) <= columns - 4;
  const beside = fits && qr.length > room;
  const width = columns - PANEL_MARGIN - (beside ? (qr[0]?.length ?? 0) + 2 : 0);
  const picture = fits ? (
    <Box flexDirection="column" marginTop={beside ? 0 : 1} marginLeft={beside ? 2 : 0} flexShrink={0}>
      {qr.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows of one picture
        <PlainText key={index} {...(coloured ? { color: 'black', backgroundColor: 'white' } : { inverse: true })}>
          {line}
        </PlainText>
      ))}
    </Box>
  ) : null;
  return (
    <>
      <Header columns={columns} place="share" about="how to connect" />
      <Panel title={tellTitle(lines)} width={columns} height={rows - 2} focused>
        <Box flexDirection={beside ? 'row' : 'column'}>
          <Box flexDirection="column" flexGrow={1} overflowY="hidden">
            <Tone tone="accent" bold>
              {lines?.first ?? 'opening the port …'}
            </Tone>
            {code === null ? null : <Tone tone="warning" bold>{`code ${code}`}</Tone>}
            {link === null ? null : <Tone>{`any VNC viewer  ${link}`}</Tone>}
            {classic ? <Tone>{`Python program  ${classic.first}`}</Tone> : null}
            {announcedLine(announced, width)}
            {copied ? <Sentence text={COPIED} columns={width} tone="good" /> : null}
            {lines?.others.map(({ address, interfaceName }) => (
              <Tone key={address} tone="muted">{`also  ${address}  (${interfaceName})`}</Tone>
            ))}
          </Box>
          {picture}
        </Box>
      </Panel>
      <KeyBar screen="link" columns={columns} />
    </>
  );
}

/** The name under which others on the network find the share, or why they cannot. */
function announcedLine(announced: ShareViewState['announced'], columns: number) {
  if (announced === null) return null;
  const { name, problem } = announced;
  if (problem !== null) return <Sentence text={`not announced: ${problem}`} columns={columns} tone="warning" />;
  return name === null ? null : <Tone>{`found as  ${name}  (on this network)`}</Tone>;
}

/** A QR code with its quiet zone as lines of half blocks, two modules per cell, to be drawn inverse (dark on light). */
function qrLines(text: string): string[] {
  const { data, size } = encode(text, { border: 2 });
  const lines: string[] = [];
  for (let row = 0; row < size; row += 2) {
    let line = '';
    for (let column = 0; column < size; column++) {
      const upper = data[row]?.[column] ?? false;
      const lower = data[row + 1]?.[column] ?? false;
      // Light modules are the background, because the text is drawn inverse.
      line += upper && lower ? '█' : upper ? '▀' : lower ? '▄' : ' ';
    }
    lines.push(line);
  }
  return lines;
}
