import { useEffect, useState, useSyncExternalStore } from 'react';
import { BYTES_PER_MBIT, mbitOf } from '../../core/bit-rate.js';
import { asPeerglassError } from '../../core/errors.js';
import { banText } from '../../node/address-scope.js';
import type { LocalAddress, ShareTargets } from '../../session/app-services.js';
import type { StartPacketFeed } from '../../session/inspect/packet-messages.js';
import type { ViewerSnapshot } from '../../session/snapshot.js';
import { firstRate, nextCap, stepRate } from '../../session/steps.js';
import ChoiceList from '../components/choice-list.js';
import DashboardFrame, { FailedSession } from '../components/dashboard-frame.js';
import HelpScreen from '../components/help-screen.js';
import LinkScreen from '../components/link-screen.js';
import { PANEL_MARGIN } from '../components/panel.js';
import { ConfirmQuestion, ConsentQuestion, useReadQuestion } from '../components/questions.js';
import ShareBody from '../components/share-body.js';
import { MissingPanel, TellPanel } from '../components/share-top.js';
import TextPrompt from '../components/text-prompt.js';
import { REGION_ENTRY } from '../form.js';
import { loadText } from '../format.js';
import { pictureSize } from '../half-blocks.js';
import { usePainter, useTerminalSize } from '../hooks/surroundings.js';
import { sessionKeys, useDashboard } from '../hooks/use-dashboard.js';
import { useKeys } from '../hooks/use-keys.js';
import { useLastStep } from '../hooks/use-last-step.js';
import { actionsBut } from '../keys.js';
import { SHARE_PANELS } from '../layout.js';
import { regionProblem, targetChoices, targetOf } from '../share-form-values.js';
import { isRead, stateOf, tellLines, tellRows, videoLine, viewerName } from '../share-lines.js';
import type { ShareView } from '../share-view.js';
import { truncate } from '../text.js';
import { isPage, pageKeys, SHARE_PAGES, type SharePage } from './pages.js';

interface Props {
  readonly view: ShareView;
  readonly local: readonly LocalAddress[];
  /** Looks for the addresses of this machine again: it may have joined another network. */
  readonly lookUpAddresses: () => void;
  readonly listTargets: () => Promise<ShareTargets>;
  readonly startPacketFeed: StartPacketFeed;
  /** In a demo the other dashboard is one key away. */
  readonly other: (() => void) | null;
  /** The session is over, or should be: with an error it was read. */
  readonly leave: () => void;
}

/** In bytes a second. */
function rateOf(mbit: number | null): number | null {
  return mbit === null ? null : mbit * BYTES_PER_MBIT;
}

/** Viewers that PgUp and PgDn move by. */
const PAGE = 10;
/** Of a panel. */
const BORDERS = 2;

/** All that the bar shows while somebody asks. */
const WHILE_ASKED = actionsBut('share', ['yes', 'no', 'all', 'help', 'end']);

/** A limit in words, its keys, and what is known of the link, in Mbit/s. */
interface ToldLimit {
  readonly name: string;
  readonly lower: string;
  readonly raise: string;
  readonly sent: number;
  /** Null: unknown. */
  readonly carried: number | null;
}

type Over = 'help' | 'link' | 'list' | 'region' | 'leave' | 'kick' | 'ban' | SharePage;

type Question = 'leave' | 'kick' | 'ban';

function isQuestion(over: Over | null): over is Question {
  return over === 'leave' || over === 'kick' || over === 'ban';
}

/** @param connected viewers @param read whether the broadcast is */
function questionText(
  question: Question,
  {
    connected,
    read,
    target,
  }: { readonly connected: number; readonly read: boolean; readonly target: ViewerSnapshot | null },
): string {
  const name = target === null ? '' : viewerName(target);
  const named = name === '' ? '' : ` (${truncate(name, 30)})`;
  const address = target?.address ?? '';
  switch (question) {
    case 'leave':
      // The last one may leave while this is asked.
      if (connected === 0) return read ? 'The broadcast is being watched. Stop sharing?' : 'Stop sharing?';
      return `${connected} ${connected === 1 ? 'viewer is' : 'viewers are'} connected. Stop sharing?`;
    case 'kick':
      return `Disconnect ${address}${named}?`;
    case 'ban': {
      // Who has a key is banned by that, wherever they come from.
      const who = target?.identity ? address : banText(address);
      return `Ban ${who}${named} until this session ends?`;
    }
  }
}

export default function ShareDashboard(props: Props) {
  const { view, local, lookUpAddresses, listTargets, startPacketFeed, other, leave } = props;
  const { columns, rows } = useTerminalSize();
  const painter = usePainter();
  const state = useSyncExternalStore(view.subscribe, view.get);
  const [over, setOver] = useState<Over | null>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  /** Whom the question that is shown is about. */
  const [target, setTarget] = useState<ViewerSnapshot | null>(null);
  const [targets, setTargets] = useState<ShareTargets | null>(null);
  const { snapshot, asking, ended, listening } = state;
  const viewers = snapshot?.viewers ?? [];
  const error = ended?.error ?? null;
  const viewer = viewers.find(each => each.id === chosen) ?? viewers[0] ?? null;
  const watching = viewers.filter(each => each.state === 'watching').length;
  const broadcast = snapshot?.broadcast ?? null;
  const film = snapshot && videoLine(snapshot.video);
  const lines = tellLines(listening, local, view.options);
  const dashboard = useDashboard(state, {
    panels: SHARE_PANELS,
    first: null,
    topRows: rows >= 24 ? tellRows(lines, state) + BORDERS : 4,
    viewerRows: Math.max(2, viewers.length + 1) + (broadcast === null ? 0 : 1) + (film === null ? 0 : 1),
    other,
    leave,
  });
  const { layout } = dashboard;
  const step = useLastStep();

  const picture = layout.panels.picture;
  const aspect = snapshot?.source ? snapshot.source.width / Math.max(1, snapshot.source.height) : 16 / 9;
  const size =
    picture && watching > 0
      ? pictureSize({ columns: picture.width - PANEL_MARGIN, rows: picture.height - 2 }, aspect)
      : null;
  const thumbColumns = size?.columns ?? 0;
  const thumbRows = size?.rows ?? 0;
  useEffect(() => {
    view.send({ type: 'thumbnail', size: thumbColumns > 0 ? { columns: thumbColumns, rows: thumbRows } : null });
  }, [view, thumbColumns, thumbRows]);
  // Anything that covers the dashboard gives way to the question, which expires in half a minute.
  const asked = asking[0]?.viewer ?? null;
  useEffect(() => {
    if (asked === null) return;
    painter.ring();
    setOver(now => (isQuestion(now) ? now : null));
  }, [painter, asked]);

  const askedFirst = viewers.find(each => each.id === asked) ?? null;
  const read = useReadQuestion(over === null && error === null ? asked : null);
  const answer = (said: 'yes' | 'no' | 'all'): void => {
    if (read && asked !== null) view.answer(asked, said);
  };

  /** Lets in who asks, and has them remembered. */
  const rememberAsked = (): void => {
    if (!read || askedFirst?.identity == null) return;
    view.send({ type: 'remember', viewer: askedFirst.id, remembered: true });
    answer('yes');
  };

  const targetGone = target !== null && !viewers.some(each => each.id === target.id);
  useEffect(() => {
    if (targetGone) setOver(now => (now === 'kick' || now === 'ban' ? null : now));
  }, [targetGone]);
  const askAbout = (question: 'kick' | 'ban'): void => {
    if (viewer === null) return;
    setTarget(viewer);
    setOver(question);
  };
  // A demo's own viewer is nobody to ask about.
  const others = other ? watching - 1 : watching;
  const end = (): void => (others > 0 || isRead(broadcast) ? setOver('leave') : leave());
  const level = snapshot?.level ?? view.options.level;
  const quality = snapshot?.quality ?? view.options.quality;
  const paused = snapshot?.state === 'paused';
  const moveViewer = (step: number): void => {
    const index = viewers.findIndex(each => each.id === viewer?.id);
    const next = viewers[Math.max(0, Math.min(viewers.length - 1, index + step))];
    if (next) setChosen(next.id);
  };
  /** The next limit; the first and the last one are told, since they change what the keys do. */
  const stepLimit = (now: number | null, step: 1 | -1, told: ToldLimit): number | null => {
    if (now === null && step > 0) {
      view.note(`${told.name}: no limit yet (${told.lower} sets one)`);
      return null;
    }
    const next = now === null ? firstRate(told.sent, told.carried) : stepRate(now, step);
    if (now === null) view.note(`${told.name}: ${next} Mbit/s (${told.lower} lowers it, ${told.raise} raises it)`);
    else if (next === null) view.note(`${told.name}: no limit`);
    return next;
  };
  const stepViewerRate = (step: 1 | -1): void => {
    if (viewer?.wire === 'classic') view.note('The classic protocol has no max rate.', 'warning');
    if (viewer?.wire !== 'rfb') return;
    const { id, address, maxMbit, mbitPerSecond: sent, budgetMbit: carried } = viewer;
    const told = { name: `max rate of ${address}`, lower: '<', raise: '>', sent, carried };
    view.send({ type: 'viewer-rate', viewer: id, rate: rateOf(stepLimit(maxMbit, step, told)) });
  };
  const stepUplink = (step: 1 | -1): void => {
    const budgets = viewers.flatMap(({ budgetMbit }) => budgetMbit ?? []);
    const carried = budgets.length === 0 ? null : budgets.reduce((sum, each) => sum + each, 0);
    const told = { name: 'uplink', lower: '{', raise: '}', sent: snapshot?.mbitPerSecond ?? 0, carried };
    const uplink = snapshot ? snapshot.uplinkMbit : mbitOf(view.options.uplink);
    view.send({ type: 'uplink', rate: rateOf(stepLimit(uplink, step, told)) });
  };
  const openList = (found: ShareTargets): void => {
    if (found.source.kind === null) view.note(found.source.error.message, 'warning');
    // Looking takes seconds where a display does not answer: by now there may be a question, or another page.
    if (targetChoices(found).length === 0 || view.get().asking.length > 0) return;
    setTargets(found);
    setOver(now => now ?? 'list');
  };

  useKeys(
    'share',
    {
      ...sessionKeys(view, { level, quality }, change => change()),
      ...pageKeys(SHARE_PAGES, setOver),
      ...dashboard.keys,
      fps: () => view.send({ type: 'fps', fps: nextCap(snapshot?.fpsCap ?? view.options.fps) }),
      rate: key => stepViewerRate(key === '>' ? 1 : -1),
      uplink: key => stepUplink(key === '}' ? 1 : -1),
      cursor: () => view.send({ type: 'cursor', shown: !(snapshot?.cursor ?? view.options.cursor !== 'hidden') }),
      pause: () => view.send({ type: 'pause', paused: !paused }),
      target: () => step(listTargets(), openList, thrown => view.note(asPeerglassError(thrown).message, 'warning')),
      yes: () => answer('yes'),
      no: () => answer('no'),
      all: () => answer('all'),
      up: () => moveViewer(-1),
      down: () => moveViewer(1),
      pageUp: () => moveViewer(-PAGE),
      pageDown: () => moveViewer(PAGE),
      endViewer: () => askAbout('kick'),
      banViewer: () => askAbout('ban'),
      remember: () => {
        if (asked !== null) return rememberAsked();
        if (viewer) view.send({ type: 'remember', viewer: viewer.id, remembered: !viewer.remembered });
      },
      link: () => {
        lookUpAddresses();
        setOver('link');
      },
      enlarge: () => dashboard.enlarge(() => (viewer === null ? undefined : setOver('connection'))),
      help: () => setOver('help'),
      back: () => dashboard.back(end),
      end,
    },
    { active: over === null && error === null },
  );
  useKeys('error', { back: leave }, { active: error !== null });

  const close = (): void => setOver(null);
  if (error !== null) return <FailedSession place="share" error={error} columns={columns} rows={rows} />;
  if (over === 'help') return <HelpScreen screen="share" title="Sharing" columns={columns} rows={rows} close={close} />;
  if (over === 'link') {
    return (
      <LinkScreen
        lines={lines}
        code={state.code}
        vncPassword={state.vncPassword}
        broadcast={broadcast?.link ?? null}
        announced={state.announced}
        demo={other !== null}
        notices={state.notices}
        saveLink={view.saveLink}
        columns={columns}
        rows={rows}
        close={close}
      />
    );
  }
  if (over === 'list' && targets !== null) {
    return (
      <ChoiceList
        place="share"
        title="Share something else"
        choices={targetChoices(targets)}
        chosen=""
        columns={columns}
        rows={rows}
        take={value => {
          if (value === 'region') return setOver('region');
          view.send({ type: 'target', target: targetOf(value, '') });
          close();
        }}
        back={close}
      />
    );
  }
  if (over === 'region' && targets !== null) {
    return (
      <TextPrompt
        place="share"
        title="Which region"
        hint="WxH+X+Y, for example 800x600+100+50"
        entry={REGION_ENTRY}
        columns={columns}
        problemOf={text => regionProblem(text, targets)}
        take={text => {
          view.send({ type: 'target', target: targetOf('region', text) });
          close();
        }}
        back={close}
      />
    );
  }
  if (isPage(SHARE_PAGES, over)) {
    return SHARE_PAGES[over]({ view, viewer, moveViewer, startPacketFeed, columns, rows, go: setOver });
  }
  const load = snapshot ? loadText(snapshot, snapshot.t - state.startedAt) : '';
  const hidden = [
    viewers.length === 0 ? 'endViewer banViewer bakeoff rate' : '',
    viewers.length < 2 ? 'down' : '',
    view.options.rfbPort === null && view.options.webPort === null ? 'qualityUp lossless' : '',
    asking.length === 0 ? 'yes no all' : WHILE_ASKED,
  ].join(' ');
  const top = isQuestion(over) ? (
    <ConfirmQuestion
      question={questionText(over, { connected: others, read: isRead(broadcast), target })}
      about={over === 'leave' ? over : `${over} ${target?.id}`}
      columns={columns}
      rows={layout.top.height}
      answer={yes => {
        close();
        if (!yes) return;
        if (over === 'leave') leave();
        else if (target) view.send({ type: over, viewer: target.id });
      }}
    />
  ) : asking.length > 0 ? (
    <ConsentQuestion asking={asking} first={askedFirst} read={read} columns={columns} rows={layout.top.height} />
  ) : snapshot?.missing ? (
    <MissingPanel missing={snapshot.missing} columns={columns} rows={layout.top.height} />
  ) : (
    <TellPanel
      lines={lines}
      code={state.code}
      vncPassword={state.vncPassword}
      broadcast={broadcast?.link ?? null}
      width={columns}
      height={layout.top.height}
    />
  );
  return (
    <DashboardFrame
      place="share"
      state={stateOf(snapshot)}
      about={snapshot?.source?.description ?? ''}
      aside={load}
      dashboard={dashboard}
      notices={state.notices}
      bar={isQuestion(over) ? 'confirm' : 'share'}
      hidden={isQuestion(over) ? '' : hidden}
      top={top}
    >
      <ShareBody view={view} state={state} dashboard={dashboard} chosen={viewer?.id ?? null} />
    </DashboardFrame>
  );
}
