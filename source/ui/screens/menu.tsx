import { Box } from 'ink';
import { useState } from 'react';
import { Header, KeyBar } from '../components/bars.js';
import HelpScreen from '../components/help-screen.js';
import Panel from '../components/panel.js';
import Tone from '../components/tone.js';
import { useTerminalSize } from '../hooks/surroundings.js';
import { useKeys } from '../hooks/use-keys.js';
import { wrap } from '../text.js';

export type Role = 'share' | 'watch' | 'demo' | 'play';

interface Props {
  readonly version: string;
  /** The result of the last session, or another message. */
  readonly message: string;
  /** The role that Enter starts at first. */
  readonly role: Role;
  readonly choose: (role: Role) => void;
  readonly quit: () => void;
}

const ENTRIES: readonly { readonly role: Role; readonly label: string; readonly about: string }[] = [
  { role: 'share', label: 'Share my screen', about: 'viewers need your code' },
  { role: 'watch', label: 'Watch a screen', about: 'in a window on this machine' },
  { role: 'demo', label: 'Demo on this machine', about: 'shares a test pattern and watches it' },
  { role: 'play', label: 'Play a recording', about: 'made by --record or the key R' },
];

/** A screen, and its mirror image in a lighter one beside it. */
const LOGO = [
  '╭─────────╮  ┌╌╌╌╌╌╌╌╌╌┐',
  '│ ▞▚   ▗▖ │⇢ ╎ ▗▖   ▞▚ ╎',
  '│▞  ▚▞▀  ▚│  ╎▞  ▀▚▞  ▚╎',
  '╰───┬─┬───╯  └╌╌╌┬╌┬╌╌╌┘',
];

export default function Menu({ version, message, role, choose, quit }: Props) {
  const { columns, rows } = useTerminalSize();
  const [at, setAt] = useState(() => ENTRIES.findIndex(entry => entry.role === role));
  const [wrong, setWrong] = useState('');
  const [help, setHelp] = useState(false);
  const move = (step: number): void => {
    setWrong('');
    setAt((at + step + ENTRIES.length) % ENTRIES.length);
  };
  useKeys(
    'menu',
    {
      share: () => choose('share'),
      watch: () => choose('watch'),
      demo: () => choose('demo'),
      play: () => choose('play'),
      up: () => move(-1),
      down: () => move(1),
      take: () => choose(ENTRIES[at]!.role),
      help: () => setHelp(true),
      quit,
    },
    {
      active: !help,
      otherwise: key =>
        setWrong(`Invalid choice${key.length <= 12 && key !== ' ' ? `: ${key}` : ''}. Press 1 to 4, or q.`),
    },
  );
  if (help) return <HelpScreen screen="menu" title="Menu" columns={columns} rows={rows} close={() => setHelp(false)} />;
  const logo = rows >= 18 && columns >= 50;
  const width = Math.min(columns, 72);
  const about = columns >= 64;
  const words = wrap(wrong === '' ? message || ' ' : wrong, columns - 2);
  const entries = ENTRIES.map((entry, index) => (
    <Tone key={entry.role} tone={index === at ? 'accent' : 'plain'} bold={index === at}>
      {`${index === at ? '▸' : ' '} ${index + 1}  ${entry.label.padEnd(22)}`}
      {about ? <Tone tone="muted">{entry.about}</Tone> : ''}
    </Tone>
  ));
  return (
    <>
      <Header columns={columns} place="menu" aside={`version ${version}`} />
      <Box
        flexDirection="column"
        flexGrow={1}
        alignItems="center"
        justifyContent={rows >= 9 ? 'center' : 'flex-start'}
        overflowY="hidden"
      >
        {logo ? (
          <Box flexDirection="column" marginBottom={1} flexShrink={0}>
            {LOGO.map(line => (
              <Tone key={line} tone="accent">
                {line.slice(0, 13)}
                <Tone tone="muted">{line.slice(13)}</Tone>
              </Tone>
            ))}
            <Box justifyContent="center">
              <Tone bold>p e e r g l a s s</Tone>
            </Box>
          </Box>
        ) : null}
        {rows >= 9 ? (
          <Panel
            title="What would you like to do?"
            aside={columns < 60 ? version : ''}
            width={width}
            height={6}
            focused
          >
            {entries}
          </Panel>
        ) : (
          <Box flexDirection="column" flexShrink={0} width={width}>
            {entries}
          </Box>
        )}
        <Box flexDirection="column" marginTop={rows >= 12 ? 1 : 0} flexShrink={0}>
          {words.map(line => (
            <Tone key={line} tone={wrong === '' ? 'muted' : 'warning'} bold={wrong !== ''}>
              {line}
            </Tone>
          ))}
        </Box>
      </Box>
      <KeyBar screen="menu" columns={columns} />
    </>
  );
}
