import { Box } from 'ink';
import { useEffect, useLayoutEffect, useState, useSyncExternalStore } from 'react';
import { unixTime } from '../../core/clock.js';
import { formatPeerAddress } from '../../core/peer-address.js';
import type { StartPacketFeed } from '../../session/inspect/packet-messages.js';
import { parseCode } from '../../session/option-values.js';
import type { WatchSnapshot } from '../../session/snapshot.js';
import type { Scale } from '../../session/watch-options.js';
import Connecting from '../components/connecting.js';
import ErrorPanel from '../components/error-panel.js';
import Header from '../components/header.js';
import HelpScreen from '../components/help-screen.js';
import KeyBar from '../components/key-bar.js';
import NoticeList from '../components/notice-list.js';
import { PANEL_MARGIN } from '../components/panel.js';
import SessionLines, { sessionLines } from '../components/session-lines.js';
import TextPrompt from '../components/text-prompt.js';
import WatchBody, { linkText } from '../components/watch-body.js';
import { ageText, elapsed } from '../format.js';
import { useKeys } from '../hooks/use-keys.js';
import { useTerminalSize } from '../hooks/use-terminal-size.js';
import { dashboardLayout, nextPanel, type PanelName } from '../layout.js';
import { fileName, nextScale, stepLevel, stepQuality } from '../steps.js';
import type { Tone } from '../theme.js';
import type { WatchView, WatchViewState } from '../watch-view.js';
import WatchInspection, { type WatchInspectionKind } from './watch-inspection.js';

interface Props {
  readonly view: WatchView;
  readonly startPacketFeed: StartPacketFeed;
  readonly other: (() => void) | null;
  readonly leave: () => void;
  /** Tries again with the code that the sharer asks for. */
  readonly retry: (code: string) => void;
}

/** VNC authentication looks at 8 characters; a longer code is typed whole all the same. */
const CODE_ENTRY = { accepts: /[^\s]/, longest: 64 };

function problemOfCode(text: string): string | undefined {
  if (text === '') return 'Type the code that the sharer tells you. Esc leaves.';
  const code = parseCode(text);
  return code.ok ? undefined : code.problem;
}

function stateOf({ snapshot }: WatchViewState): { readonly text: string; readonly tone: Tone } {
  const state = snapshot?.state ?? 'connecting';
  if (snapshot && state === 'watching') {
    const { silentMs, sharer } = snapshot;
    if (silentMs !== null) return { text: `no answer for ${ageText(silentMs)}`, tone: 'warning' };
    if (sharer?.kind === 'paused') return { text: 'paused by the sharer', tone: 'warning' };
    if (sharer && sharer.kind !== 'sharing') return { text: sharer.text || sharer.kind, tone: 'warning' };
  }
  const tone: Tone = state === 'watching' ? 'good' : state === 'reconnecting' ? 'warning' : 'accent';
  return { text: state, tone };
}

const FIRST_LEVEL = 6;

/** In the order in which Tab goes through them. A panel that would stay empty is none. */
function panelsOf(terminal: boolean, snapshot: WatchSnapshot | null): readonly PanelName[] {
  if (terminal) return ['fps', 'mbit', 'figures', 'messages', 'picture'];
  const classic = snapshot?.wire === 'classic';
  const rtt = snapshot === null || snapshot.tcp !== null;
  return [
    'fps',
    'mbit',
    ...(classic ? [] : (['delay'] as const)),
    ...(rtt ? (['rtt'] as const) : []),
    'figures',
    ...(rtt ? (['link'] as const) : []),
    ...(classic ? [] : (['encodings'] as const)),
    'messages',
  ];
}

export default function WatchDashboard({ view, startPacketFeed, other, leave, retry }: Props) {
  const { columns, rows } = useTerminalSize();
  const state = useSyncExternalStore(view.subscribe, view.get);
  const [over, setOver] = useState<'help' | WatchInspectionKind | null>(null);
  const { options } = view;
  const terminal = options.view === 'terminal';
  const firstFocus: PanelName | null = terminal ? 'picture' : null;
  const [focus, setFocus] = useState<PanelName | null>(firstFocus);
  const [enlarged, setEnlarged] = useState(false);
  const [scale, setScale] = useState<Scale>(options.scale);
  const [pointer, setPointer] = useState(true);
  const { snapshot, ended } = state;
  // The window has the same keys.
  const shownScale = snapshot?.scale ?? options.scale;
  const shownPointer = snapshot?.cursor ?? true;
  useLayoutEffect(() => setScale(shownScale), [shownScale]);
  useLayoutEffect(() => setPointer(shownPointer), [shownPointer]);
  const error = ended?.error ?? null;
  const now = snapshot?.state ?? 'connecting';
  const waiting = now === 'connecting' || now === 'waiting' || now === 'reconnecting';
  const panels = panelsOf(terminal, snapshot);
  const always = sessionLines(snapshot, columns, rows, enlarged ? focus : null);
  const layout = dashboardLayout({
    columns,
    rows: rows - always.rows,
    panels,
    focus,
    enlarged,
    topRows: waiting ? 4 : 0,
    figureRows: 4,
    viewerRows: 0,
  });
  const { picture } = layout.panels;
  const cellColumns = picture ? picture.width - PANEL_MARGIN : 0;
  const cellRows = picture ? picture.height - 2 : 0;
  useEffect(() => {
    if (terminal) view.send({ type: 'terminal-cells', columns: cellColumns, rows: cellRows });
  }, [view, terminal, cellColumns, cellRows]);
  useEffect(() => {
    if (ended !== null && ended.error === null) leave();
  }, [ended, leave]);

  const rfb = snapshot?.wire === 'rfb';
  const ask = (change: () => void): void => {
    if (rfb) change();
    else view.note('The classic wire has no way to ask the sharer for that.', 'warning');
  };
  const level = snapshot?.level ?? options.level ?? FIRST_LEVEL;
  const quality = snapshot?.quality ?? options.quality;
  const setLevel = (next: number): void => ask(() => view.send({ type: 'level', level: next }));
  const setQuality = (next: typeof quality): void => ask(() => view.send({ type: 'quality', quality: next }));
  const movePanel = (step: 1 | -1): void => setFocus(nextPanel(panels, focus, step));

  useKeys(
    'watch',
    {
      level: key => setLevel(Number(key)),
      levelUp: () => setLevel(stepLevel(level, 1)),
      levelDown: () => setLevel(stepLevel(level, -1)),
      qualityDown: () => setQuality(stepQuality(quality, -1)),
      qualityUp: () => setQuality(stepQuality(quality, 1)),
      lossless: () => setQuality(quality === 'lossless' ? 'auto' : 'lossless'),
      fullscreen: () => view.send({ type: 'fullscreen' }),
      scale: () => {
        const next = nextScale(scale);
        setScale(next);
        view.send({ type: 'scale', scale: next });
        view.note(`scale ${next === 'fit' ? 'fits the window' : `${next}:1`}`);
      },
      cursor: () =>
        ask(() => {
          setPointer(!pointer);
          view.send({ type: 'cursor', shown: !pointer });
        }),
      freeze: () => view.send({ type: 'freeze', frozen: snapshot?.state !== 'frozen' }),
      save: () => view.send({ type: 'save-picture', file: fileName('watch', new Date(), 'png') }),
      packets: () => setOver('packets'),
      messages: () => setOver('messages'),
      export: () => view.toggleExport(),
      panel: () => (other ? other() : movePanel(1)),
      panelBack: () => movePanel(other ? 1 : -1),
      enlarge: () => {
        if (focus !== null) setEnlarged(!enlarged);
        else setOver('connection');
      },
      freezeCharts: () => view.toggleFrozen(),
      reset: () => view.resetFigures(),
      help: () => setOver('help'),
      back: () => {
        if (enlarged) setEnlarged(false);
        else if (focus !== firstFocus) setFocus(firstFocus);
        else leave();
      },
      end: leave,
    },
    { active: over === null && error === null },
  );
  const asksCode = error?.code === 'E_CODE_REQUIRED' || error?.code === 'E_RFB_AUTH';
  useKeys('error', { back: leave }, { active: error !== null && !asksCode });

  const peer = formatPeerAddress(options.peer, options.wire);
  if (error !== null && asksCode) {
    return (
      <TextPrompt
        place={`watch ${peer}`}
        title={options.code === null ? 'The sharer asks for a code' : `Not accepted: ${error.message}`}
        hint="the code on the sharer's dashboard"
        entry={CODE_ENTRY}
        columns={columns}
        problemOf={problemOfCode}
        take={retry}
        back={leave}
      />
    );
  }
  if (error !== null) {
    return (
      <>
        <Header columns={columns} place="watch" state="failed" stateTone="bad" about={peer} />
        <ErrorPanel error={error} width={columns} height={rows - 2} />
        <KeyBar screen="error" columns={columns} />
      </>
    );
  }
  if (over === 'help') {
    return <HelpScreen screen="watch" title="Watching" columns={columns} rows={rows} close={() => setOver(null)} />;
  }
  if (over !== null) {
    return (
      <WatchInspection
        kind={over}
        view={view}
        state={state}
        startPacketFeed={startPacketFeed}
        columns={columns}
        rows={rows}
        go={setOver}
      />
    );
  }
  const { text, tone } = stateOf(state);
  const hidden = [rfb ? '' : 'level qualityUp lossless cursor', terminal ? 'fullscreen scale' : ''].join(' ');
  return (
    <>
      <Header
        columns={columns}
        place="watch"
        state={text}
        stateTone={tone}
        about={`${snapshot?.peer ?? peer}  ${linkText(state)}`}
        aside={snapshot ? elapsed(unixTime() - state.startedAt) : ''}
      />
      {waiting ? (
        <Connecting peer={peer} state={now} since={state.stateSince} width={columns} height={layout.top.height} />
      ) : null}
      <WatchBody state={state} layout={layout} columns={columns} rows={rows - always.rows} focus={focus} />
      <Box flexGrow={1} />
      <SessionLines verdict={always.verdict} exported={always.exported} />
      {layout.messageRows > 0 ? (
        <Box paddingX={1} height={layout.messageRows} flexShrink={0}>
          <NoticeList notices={state.notices} rows={layout.messageRows} bare={columns < 60} />
        </Box>
      ) : null}
      <KeyBar screen="watch" columns={columns} hidden={hidden} />
    </>
  );
}
