import { useEffect, useLayoutEffect, useState, useSyncExternalStore } from 'react';
import { unixTime } from '../../node/clock.js';
import type { AppServices } from '../../session/app-services.js';
import type { WatchSnapshot } from '../../session/snapshot.js';
import { nextScale } from '../../session/steps.js';
import { type Scale, type WatchOptions, watchedAddress } from '../../session/watch-options.js';
import Connecting from '../components/connecting.js';
import DashboardFrame from '../components/dashboard-frame.js';
import FailedWatch from '../components/failed-watch.js';
import HelpScreen from '../components/help-screen.js';
import LoginPrompt, { asksForLogin, type LoginAnswer } from '../components/login-prompt.js';
import { PANEL_MARGIN } from '../components/panel.js';
import WatchBody from '../components/watch-body.js';
import { NO_WINDOW } from '../demo.js';
import { ageText, elapsed } from '../format.js';
import { sessionKeys, useDashboard } from '../hooks/use-dashboard.js';
import { useKeys } from '../hooks/use-keys.js';
import type { PanelName } from '../layout.js';
import type { Tone } from '../theme.js';
import type { WatchView, WatchViewState } from '../watch-view.js';
import { isPage, pageKeys, WATCH_PAGES, type WatchPage } from './pages.js';

interface Props {
  readonly view: WatchView;
  readonly services: Pick<AppServices, 'startPacketFeed' | 'forgetPeer'>;
  /** How often the sharer has refused a code or password before this attempt. */
  readonly refused: number;
  readonly other: (() => void) | null;
  readonly leave: () => void;
  /** Tries again, with the requested login. @param refused how often one was refused by now */
  readonly retry: (change: LoginAnswer & Partial<Pick<WatchOptions, 'view'>>, refused: number) => void;
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

/** How often what was typed has been refused by now. Who watched before had the right one. */
function timesRefused(ended: WatchViewState['ended'], before: number): number {
  if (ended?.error?.code !== 'E_RFB_AUTH') return before;
  return ended.frames > 0 ? 1 : before + 1;
}

const FIRST_LEVEL = 6;

/** In the order of Tab. Without panels that would stay empty. */
function panelsOf(terminal: boolean, snapshot: WatchSnapshot | null): readonly PanelName[] {
  if (terminal) return ['fps', 'mbit', 'figures', 'notices', 'picture'];
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
    'notices',
  ];
}

export default function WatchDashboard({ view, services, refused, other, leave, retry }: Props) {
  const state = useSyncExternalStore(view.subscribe, view.get);
  const [over, setOver] = useState<'help' | WatchPage | null>(null);
  const { options } = view;
  const terminal = options.view === 'terminal';
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
  const dashboard = useDashboard(state, {
    panels: panelsOf(terminal, snapshot),
    first: terminal ? 'picture' : null,
    topRows: waiting ? 4 : 0,
    viewerRows: 0,
    other,
    leave,
  });
  const { columns, rows, layout } = dashboard;
  const { picture } = layout.panels;
  const cellColumns = picture ? picture.width - PANEL_MARGIN : 0;
  const cellRows = picture ? picture.height - 2 : 0;
  useEffect(() => {
    if (terminal) view.send({ type: 'terminal-cells', columns: cellColumns, rows: cellRows });
  }, [view, terminal, cellColumns, cellRows]);

  const rfb = snapshot?.wire === 'rfb';
  const ask = (change: () => void): void => {
    if (rfb) change();
    else if (snapshot?.wire === 'broadcast') view.note('A broadcast is the same for everybody who watches.', 'warning');
    else if (snapshot?.wire) view.note('The classic protocol cannot ask the sharer for that.', 'warning');
    else view.note('Not connected yet. Try again once there is a picture.', 'warning');
  };
  const level = snapshot?.level ?? options.level ?? FIRST_LEVEL;
  const quality = snapshot?.quality ?? options.quality;

  useKeys(
    'watch',
    {
      ...sessionKeys(view, { level, quality }, ask),
      ...pageKeys(WATCH_PAGES, setOver),
      ...dashboard.keys,
      fullscreen: () => view.send({ type: 'fullscreen' }),
      scale: () => {
        const next = nextScale(scale);
        setScale(next);
        view.send({ type: 'scale', scale: next });
        view.note(`scale: ${next === 'fit' ? 'fit' : `${next}:1`}`);
      },
      cursor: () => {
        const change = () => {
          setPointer(!pointer);
          view.send({ type: 'cursor', shown: !pointer });
        };
        if (snapshot?.wire === 'broadcast') change();
        else ask(change);
      },
      freeze: () => view.send({ type: 'freeze', frozen: snapshot?.state !== 'frozen' }),
      enlarge: () => dashboard.enlarge(() => setOver('connection')),
      help: () => setOver('help'),
      back: () => dashboard.back(leave),
      end: leave,
    },
    { active: over === null && error === null },
  );
  const asks = error !== null && asksForLogin(error);

  const peer = watchedAddress(options);
  if (error !== null && asks) {
    const times = timesRefused(ended, refused);
    return (
      <LoginPrompt
        {...{ options, peer, error, columns }}
        refused={times}
        answer={answer => retry(answer, times)}
        back={leave}
      />
    );
  }
  if (error !== null) {
    return (
      <FailedWatch
        {...{ error, columns, rows }}
        about={snapshot?.peer ?? peer}
        peer={{ ...options.peer, port: view.ports[0]?.port ?? options.peer.port }}
        forgetPeer={services.forgetPeer}
        login={options.code !== null || options.user !== null}
        again={() => retry({}, 0)}
        anew={() => retry({ code: null, user: null, secret: 'code' }, 0)}
        inTerminal={options.view === 'sdl' && NO_WINDOW.has(error.code) ? () => retry({ view: 'terminal' }, 0) : null}
        back={leave}
      />
    );
  }
  if (over === 'help') {
    return <HelpScreen screen="watch" title="Watching" columns={columns} rows={rows} close={() => setOver(null)} />;
  }
  if (isPage(WATCH_PAGES, over)) {
    const viewers = { viewer: null, moveViewer: () => {} };
    return WATCH_PAGES[over]({
      ...viewers,
      view,
      startPacketFeed: services.startPacketFeed,
      columns,
      rows,
      go: setOver,
    });
  }
  const unasked = snapshot?.wire === 'broadcast' ? 'level qualityUp lossless' : 'level qualityUp lossless cursor';
  const hidden = [rfb ? '' : unasked, terminal ? 'fullscreen scale' : ''].join(' ');
  const top = waiting ? (
    <Connecting
      {...{ peer, state: now }}
      since={state.stateSince}
      width={columns}
      height={layout.top.height}
      refused={refused > 0 ? options.secret : null}
    />
  ) : null;
  return (
    <DashboardFrame
      place="watch"
      state={stateOf(state)}
      about={snapshot?.peer ?? peer}
      aside={snapshot ? elapsed(unixTime() - state.startedAt) : ''}
      dashboard={dashboard}
      notices={state.notices}
      bar="watch"
      hidden={hidden}
      top={top}
    >
      <WatchBody state={state} dashboard={dashboard} />
    </DashboardFrame>
  );
}
