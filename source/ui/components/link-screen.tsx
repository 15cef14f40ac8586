import { Box } from 'ink';
import { useState } from 'react';
import { encode } from 'uqr';
import { isLoopback } from '../../core/ip-address.js';
import { bigText, halfBlocks } from '../big-text.js';
import { usePainter } from '../hooks/surroundings.js';
import { useKeys } from '../hooks/use-keys.js';
import type { Notice } from '../session-view.js';
import { browserLink, invitationText, type TellLines, tellTitle, vncLine } from '../share-lines.js';
import type { ShareViewState } from '../share-view.js';
import { useTheme } from '../theme.js';
import { Header, KeyBar } from './bars.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import Tone, { PlainText, Sentence } from './tone.js';

interface Props {
  readonly lines: TellLines | null;
  readonly code: string | null;
  readonly vncPassword: string | null;
  /** The link of a broadcast; null: there is none. */
  readonly broadcast: string | null;
  readonly announced: ShareViewState['announced'];
  /** Whether the share is that of a demo. */
  readonly demo: boolean;
  readonly notices: readonly Notice[];
  /** Saves the link as a picture. @returns the file, which a notice will name */
  readonly saveLink: (link: string, code: string | null) => string;
  readonly columns: number;
  readonly rows: number;
  readonly close: () => void;
}

const COPIED = 'copied, if this terminal allows it (OSC 52; tmux: set-clipboard on)';
const EVERYBODY = 'Anyone with this link can watch, in peerglass or a browser.';
const ONLY_HERE = {
  bound: 'Only this machine can reach that address. To let others in, share without --bind.',
  'no network':
    'No network is up, so only this machine can reach that address. Connect to one, and its address appears here.',
} as const;
const LOCAL_BROADCAST = {
  bound: 'Only this machine can open this link. To let others in, share without --bind, or give --broadcast-url.',
  'no network': 'Only this machine can open this link. Connect to a network and share again, or give --broadcast-url.',
} as const;
const DEMO = 'A demo can be watched on this machine only. To share with others: peerglass share.';

/** Everything that leads to this share, and a QR code of its link: the page's, else for a phone with a VNC viewer. */
export default function LinkScreen(props: Props) {
  const { broadcast, announced, demo, notices, saveLink, columns, rows, close } = props;
  const painter = usePainter();
  const [copied, setCopied] = useState(false);
  const [file, setFile] = useState<string | null>(null);
  const [turned, setTurned] = useState(false);
  const ofBroadcast = broadcast !== null && (turned || props.lines === null);
  const lines = ofBroadcast ? null : props.lines;
  const code = ofBroadcast ? null : props.code;
  const vncPassword = ofBroadcast ? null : props.vncPassword;
  const line = lines?.first ?? '';
  const page = ofBroadcast ? broadcast : lines && browserLink(lines, code);
  const copy = (text: string): void => {
    painter.copy(text);
    setCopied(true);
  };
  useKeys('link', {
    copy: () => {
      if (ofBroadcast) copy(`peerglass watch '${broadcast}'`);
      else if (lines !== null) copy(lines.wires.length > 0 ? invitationText(line, code) : page!);
    },
    copyLink: () => (page === null ? undefined : copy(page)),
    save: () => (page === null ? undefined : setFile(saveLink(page, code))),
    broadcast: () => setTurned(!turned && broadcast !== null),
    back: close,
  });
  const saved = file === null ? undefined : notices.findLast(({ text }) => text.includes(file));
  const rfb = lines?.wires.find(({ wire }) => wire === 'rfb');
  const classic = lines?.wires.find(({ wire }) => wire === 'classic');
  const viewers = rfb ? `vnc://${rfb.first}` : null;
  const vnc = vncLine(lines, { code, vncPassword });
  const link = page ?? viewers;
  const { above, heading, picture, beside, width } = arranged(page, link, { columns, rows });
  return (
    <>
      <Header columns={columns} place="share" about="how to connect" />
      {above.map(part => (
        <Tone key={part} tone="accent" bold>
          {part}
        </Tone>
      ))}
      <Panel
        title={ofBroadcast ? 'The broadcast' : tellTitle(lines)}
        width={columns}
        height={rows - 2 - above.length}
        focused
      >
        {heading.map((text, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows of one picture
          <Tone key={index} tone="accent" bold>
            {text}
          </Tone>
        ))}
        <Box flexDirection={beside > 0 ? 'row' : 'column'}>
          <Box flexDirection="column" flexGrow={1} overflowY="hidden">
            {page === null || above.length > 0 || page.length > width ? null : (
              <Tone tone="accent" bold={heading.length === 0}>
                {page}
              </Tone>
            )}
            {ofBroadcast ? (
              <Sentence
                text={isLocal(broadcast) ? LOCAL_BROADCAST[props.lines?.local ?? 'no network'] : EVERYBODY}
                columns={width}
                tone="warning"
              />
            ) : null}
            {lines === null && !ofBroadcast ? <Tone tone="accent">opening the port …</Tone> : null}
            {code === null ? null : <Tone tone="warning" bold>{`code ${code}`}</Tone>}
            {lines?.local ? (
              <Sentence text={demo ? DEMO : ONLY_HERE[lines.local]} columns={width} tone="warning" />
            ) : null}
            {lines === null || lines.wires.length === 0 ? null : (
              <Tone tone={page === null ? 'accent' : 'plain'} bold={page === null}>
                {lines.first}
              </Tone>
            )}
            {vnc === null ? null : <Sentence text={vnc} columns={width} tone="plain" />}
            {viewers === null ? null : <Tone>{`any VNC viewer  ${viewers}`}</Tone>}
            {classic ? <Tone>{`Python program  ${classic.first}`}</Tone> : null}
            {lines?.page?.https && lines.page.certificate !== null ? (
              <Sentence text={certificateText(lines.page.certificate)} columns={width} tone="muted" />
            ) : null}
            {ofBroadcast ? null : announcedLine(announced, width)}
            {link !== null && picture === null ? (
              <Sentence text={roomText(link, page !== null, { columns, above })} columns={width} tone="muted" />
            ) : null}
            {copied ? <Sentence text={COPIED} columns={width} tone="good" /> : null}
            {saved ? (
              <Sentence text={saved.text} columns={width} tone={saved.tone === 'good' ? 'good' : 'warning'} />
            ) : null}
            {lines?.others.map(({ address, interfaceName }) => (
              <Tone key={address} tone="muted">{`also  ${address}  (${interfaceName})`}</Tone>
            ))}
          </Box>
          {picture === null ? null : <Picture lines={picture.lines} beside={beside > 0} />}
        </Box>
      </Panel>
      <KeyBar screen="link" columns={columns} hidden={hiddenKeys(page, broadcast, props.lines)} />
    </>
  );
}

/** Whether a link leads nowhere but here. */
function isLocal(link: string): boolean {
  return URL.canParse(link) && isLoopback(new URL(link).hostname.replace(/^\[|\]$/g, ''));
}

function hiddenKeys(page: string | null, broadcast: string | null, lines: TellLines | null): string {
  return `${page === null ? 'copyLink save' : ''} ${broadcast === null || lines === null ? 'broadcast' : ''}`;
}

/** As it can be compared with what a browser tells of a certificate. */
function certificateText(fingerprint: string): string {
  return `certificate SHA-256 ${fingerprint.match(/.{1,4}/g)?.join(' ') ?? ''}`;
}

const GAP = 2;
/** The columns that text beside the QR code must have. */
const SMALLEST_TEXT = 30;
/** Rows of text below the QR code where there is no room beside it. */
const TEXT_ROWS = 8;

interface Area {
  readonly columns: number;
  readonly rows: number;
}

interface QrPicture extends Area {
  readonly lines: readonly string[];
}

/** Rows around the content of the panel: header, keys and borders. */
const AROUND = 4;

interface Arranged {
  /** A link too long for a line of the panel, in lines as wide as the terminal: without borders it can be copied. */
  readonly above: readonly string[];
  /** A link in big letters. */
  readonly heading: readonly string[];
  readonly picture: QrPicture | null;
  /** Columns of a picture that is beside the text, else 0, and those of the text. */
  readonly beside: number;
  readonly width: number;
}

/** @param terminal its size */
function arranged(page: string | null, link: string | null, terminal: Area): Arranged {
  const columns = terminal.columns - PANEL_MARGIN;
  const within = (above: readonly string[]): Arranged => {
    const { heading, picture } = pictured(page, link, { columns, rows: terminal.rows - AROUND - above.length });
    const beside = picture === null || picture.columns + SMALLEST_TEXT > columns ? 0 : picture.columns + GAP;
    return { above, heading, picture, beside, width: columns - beside };
  };
  const inPanel = within([]);
  if (page === null || inPanel.heading.length > 0 || page.length <= inPanel.width) return inPanel;
  const parts = page.match(new RegExp(`.{1,${Math.max(1, terminal.columns)}}`, 'g')) ?? [];
  return parts.length > terminal.rows - AROUND - 1 ? inPanel : { ...within(parts), heading: [] };
}

/** What it takes to see the QR code. */
function roomText(
  link: string,
  saved: boolean,
  { columns, above }: Pick<Area, 'columns'> & Pick<Arranged, 'above'>,
): string {
  const small = qrPictures(link).at(-1)!;
  const needed = {
    columns: Math.max(columns, small.columns + SMALLEST_TEXT + PANEL_MARGIN),
    rows: small.rows + AROUND + above.length,
  };
  return `QR code: needs a terminal of ${needed.columns}x${needed.rows}${saved ? '; S saves it as a picture' : ''}`;
}

/** The page's link in letters as big as there is room for, and the largest QR code below. */
function pictured(
  page: string | null,
  link: string | null,
  { columns, rows }: Area,
): Pick<Arranged, 'heading' | 'picture'> {
  const pictures = link === null ? [] : qrPictures(link);
  const fitting = (space: number): QrPicture | null =>
    pictures.find(
      each => each.rows <= space && each.columns <= columns && leavesText(each, { columns, rows: space }),
    ) ?? null;
  const headings = page === null ? [] : headingsOf(page).filter(each => each.every(text => text.length <= columns));
  for (const heading of headings) {
    const picture = fitting(rows - heading.length);
    if (picture !== null) return { heading, picture };
  }
  return { heading: [], picture: fitting(rows) };
}

function leavesText(picture: Area, { columns, rows }: Area): boolean {
  return columns - picture.columns >= SMALLEST_TEXT || rows - picture.rows >= TEXT_ROWS;
}

/** A link in big letters, in one line or broken before the code; empty where it has characters without any. */
function headingsOf(page: string): string[][] {
  const [place = '', code] = page.split('#');
  const broken = code === undefined ? [[page]] : [[page], [place, `#${code}`]];
  return broken.flatMap(lines => {
    const big = lines.map(bigText);
    return big.every(each => each !== null) ? [big.flat()] : [];
  });
}

/** Dark on light whatever the terminal's background, or a camera may not read it. */
function Picture({ lines, beside }: { readonly lines: readonly string[]; readonly beside: boolean }) {
  const coloured = useTheme().colours.accent !== null;
  return (
    <Box flexDirection="column" marginTop={beside ? 0 : 1} marginLeft={beside ? GAP : 0} flexShrink={0}>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows of one picture
        <PlainText key={index} {...(coloured ? { color: 'black', backgroundColor: 'white' } : { inverse: true })}>
          {line}
        </PlainText>
      ))}
    </Box>
  );
}

/** The name under which others on the network find the share, or why they cannot. */
function announcedLine(announced: ShareViewState['announced'], columns: number) {
  if (announced === null) return null;
  const { name, problem } = announced;
  if (problem !== null) return <Sentence text={`not announced: ${problem}`} columns={columns} tone="warning" />;
  return name === null ? null : <Tone>{`found as  ${name}  (on this network)`}</Tone>;
}

/**
 * A QR code with its quiet zone, the largest first: a module is two columns and a row, or one column and half a row.
 */
function qrPictures(text: string): QrPicture[] {
  const { data, size } = encode(text, { border: 2 });
  const large = data.map(row => row.map(dark => (dark ? '██' : '  ')).join(''));
  const small = halfBlocks(data);
  return [
    { lines: large, columns: 2 * size, rows: large.length },
    { lines: small, columns: size, rows: small.length },
  ];
}
