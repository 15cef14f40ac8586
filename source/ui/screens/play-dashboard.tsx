import { Box } from 'ink';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { bytesText } from '../../core/bytes-text.js';
import { placeText, playCommandOf } from '../../session/play-keys.js';
import type { PlaySnapshot } from '../../session/snapshot.js';
import type { PlayAction } from '../../session/window-keys.js';
import { Header, KeyBar } from '../components/bars.js';
import { FailedSession } from '../components/dashboard-frame.js';
import HelpScreen from '../components/help-screen.js';
import Panel, { PANEL_MARGIN } from '../components/panel.js';
import Picture from '../components/picture.js';
import { NoticeList } from '../components/session-lines.js';
import Tone from '../components/tone.js';
import { countText, dateAndTime, milliseconds, rateText } from '../format.js';
import { bar } from '../graph.js';
import { useTerminalSize } from '../hooks/surroundings.js';
import { useKeys } from '../hooks/use-keys.js';
import { bindingsOf, type Handlers } from '../keys.js';
import type { PlayView } from '../play-view.js';

interface Props {
  readonly view: PlayView;
  readonly leave: () => void;
}

/** Rows of the panel with place and facts, frame included. */
const FACT_ROWS = 6;
const NOTICE_ROWS = 3;

/** What is played, and how. */
function factsOf(snapshot: PlaySnapshot): string[] {
  const { width, height, bytes, recordedAt, update, updates, skipStill, fps, stagesMs, complete } = snapshot;
  const cut = complete ? '' : '  cut off';
  return [
    `${width}x${height}  ${bytesText(bytes)}  recorded ${dateAndTime(recordedAt)}${cut}`,
    `change ${countText(update)} of ${countText(updates)}  ${rateText(fps)} fps  decode ${milliseconds(stagesMs.decode).trim()}${skipStill ? '  skips still times' : ''}`,
  ];
}

/** The dashboard of a recording: where it is, what it is, and in the terminal its picture. */
export default function PlayDashboard({ view, leave }: Props) {
  const { columns, rows } = useTerminalSize();
  const { snapshot, picture, notices, ended } = useSyncExternalStore(view.subscribe, view.get);
  const [help, setHelp] = useState(false);
  const { options } = view;
  const terminal = options.view === 'terminal';
  const noticeRows = rows >= 12 ? NOTICE_ROWS : 0;
  const pictureRows = Math.max(rows - 2 - FACT_ROWS - noticeRows, 0);
  const shown = terminal && pictureRows >= 4;
  const [cellColumns, cellRows] = shown ? [columns - PANEL_MARGIN, pictureRows - 2] : [0, 0];
  useEffect(() => {
    if (terminal) view.send({ type: 'terminal-cells', columns: cellColumns, rows: cellRows });
  }, [view, terminal, cellColumns, cellRows]);
  const error = ended?.error ?? null;
  useEffect(() => {
    if (ended !== null && ended.error === null) leave();
  }, [ended, leave]);

  const act = (action: PlayAction) => (key: string) => {
    if (!snapshot) return;
    const { state, speed, skipStill, durationMs, scale } = snapshot;
    const command = playCommandOf(action, key, { state, speed, skipStill, durationMs, scale, date: new Date() });
    if (command) view.send(command);
  };
  const actions = Object.fromEntries(
    bindingsOf('play').map(({ action }) => [action, act(action as PlayAction)]),
  ) as Handlers<'play'>;
  useKeys('play', { ...actions, help: () => setHelp(true), leave, end: leave }, { active: !help && error === null });
  useKeys('error', { back: leave }, { active: error !== null });

  if (error !== null) {
    return <FailedSession place="play" about={options.file} error={error} columns={columns} rows={rows} />;
  }
  if (help) {
    return <HelpScreen screen="play" title="Playing" columns={columns} rows={rows} close={() => setHelp(false)} />;
  }
  const width = Math.max(columns - PANEL_MARGIN, 1);
  const part = snapshot && snapshot.durationMs > 0 ? snapshot.positionMs / snapshot.durationMs : 0;
  const facts = snapshot ? factsOf(snapshot) : ['opening …', ''];
  const state = snapshot?.state ?? 'opening';
  return (
    <>
      <Header
        columns={columns}
        place="play"
        state={state}
        stateTone={state === 'playing' ? 'good' : 'accent'}
        about={snapshot?.name || options.file}
      />
      {shown ? (
        <Picture
          title="Recording"
          aside=""
          empty="Opening …"
          thumbnail={picture}
          column={0}
          row={1}
          width={columns}
          height={pictureRows}
          focused={false}
        />
      ) : null}
      <Panel title={options.file} width={columns} height={FACT_ROWS}>
        <Tone bold>{snapshot ? placeText(snapshot) : ' '}</Tone>
        <Tone tone="accent">{bar(part, width)}</Tone>
        {facts.map(line => (
          <Tone key={line} tone="muted">
            {line === '' ? ' ' : line}
          </Tone>
        ))}
      </Panel>
      <Box flexGrow={1} />
      {noticeRows > 0 ? (
        <Box paddingX={1} height={noticeRows} flexShrink={0}>
          <NoticeList notices={notices} rows={noticeRows} bare={columns < 60} />
        </Box>
      ) : null}
      <KeyBar screen="play" columns={columns} hidden={terminal ? 'fullscreen scale' : ''} />
    </>
  );
}
