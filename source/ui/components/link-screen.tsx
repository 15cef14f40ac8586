import { Box } from 'ink';
import { useState } from 'react';
import { encode } from 'uqr';
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
  readonly notices: readonly Notice[];
  /** Saves the link as a picture. @returns the file, which a notice will name */
  readonly saveLink: (link: string, code: string | null) => string;
  readonly columns: number;
  readonly rows: number;
  readonly close: () => void;
}

const COPIED = 'copied, if this terminal allows it (OSC 52; tmux: set-clipboard on)';
const EVERYBODY = 'Anyone with this link can watch, in peerglass or a browser.';
const ONLY_HERE = 'Only this machine reaches that address: share without --bind for the others.';

/** Everything that leads to this share, and a QR code of its link: the page's, else for a phone with a VNC viewer. */
export default function LinkScreen(props: Props) {
  const { broadcast, announced, notices, saveLink, columns, rows, close } = props;
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
  const inside = { columns: columns - PANEL_MARGIN, rows: rows - 4 };
  const { heading, picture } = arranged(page, link, inside);
  const beside = picture === null || picture.columns + SMALLEST_TEXT > inside.columns ? 0 : picture.columns + GAP;
  const width = inside.columns - beside;
  return (
    <>
      <Header columns={columns} place="share" about="how to connect" />
      <Panel title={ofBroadcast ? 'The broadcast' : tellTitle(lines)} width={columns} height={rows - 2} focused>
        {heading.map((text, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows of one picture
          <Tone key={index} tone="accent" bold>
            {text}
          </Tone>
        ))}
        <Box flexDirection={beside > 0 ? 'row' : 'column'}>
          <Box flexDirection="column" flexGrow={1} overflowY="hidden">
            {page === null || heading.length > 0 ? null : <Whole text={page} columns={width} />}
            {ofBroadcast ? <Sentence text={EVERYBODY} columns={width} tone="warning" /> : null}
            {lines === null && !ofBroadcast ? <Tone tone="accent">opening the port …</Tone> : null}
            {code === null ? null : <Tone tone="warning" bold>{`code ${code}`}</Tone>}
            {lines?.local ? <Sentence text={ONLY_HERE} columns={width} tone="warning" /> : null}
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

/** The page's link in letters as big as there is room for, and the largest QR code below. */
function arranged(
  page: string | null,
  link: string | null,
  { columns, rows }: Area,
): { readonly heading: readonly string[]; readonly picture: QrPicture | null } {
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

/** Text that must be read whole, whatever the width. */
function Whole({ text, columns }: { readonly text: string; readonly columns: number }) {
  const parts = text.match(new RegExp(`.{1,${Math.max(1, columns)}}`, 'g')) ?? [];
  return parts.map(part => (
    <Tone key={part} tone="accent" bold>
      {part}
    </Tone>
  ));
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
