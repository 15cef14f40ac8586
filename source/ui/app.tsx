import path from 'node:path';
import { Box } from 'ink';
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { asPeerglassError } from '../core/errors.js';
import type { AppServices, LocalAddress, Preferences, ShareTargets } from '../session/app-services.js';
import { parseViewerName } from '../session/option-values.js';
import type { PlayOptions } from '../session/play-options.js';
import type { ShareOptions } from '../session/share-options.js';
import { type GivenWatch, type WatchOptions, watchedAddress } from '../session/watch-options.js';
import Tone from './components/tone.js';
import { Demo } from './demo.js';
import { framesText } from './format.js';
import { useTerminalSize } from './hooks/surroundings.js';
import { useKeptKeys, useSettledKeys } from './hooks/use-keys.js';
import { withRecording } from './play-form-values.js';
import { PlayView } from './play-view.js';
import Menu, { type Role } from './screens/menu.js';
import PlayDashboard from './screens/play-dashboard.js';
import PlayForm from './screens/play-form.js';
import ShareDashboard from './screens/share-dashboard.js';
import ShareForm from './screens/share-form.js';
import WatchDashboard from './screens/watch-dashboard.js';
import WatchForm from './screens/watch-form.js';
import type { SessionSet, UiSession } from './session-tally.js';
import { ShareView } from './share-view.js';
import { HALL_OF_MIRRORS, isLocal, withoutFiles, withPeer } from './watch-form-values.js';
import { WatchView } from './watch-view.js';

/** Where the terminal UI begins. */
export type Start =
  | { readonly kind: 'menu' }
  | { readonly kind: 'share'; readonly options: ShareOptions }
  | { readonly kind: 'watch'; readonly options: WatchOptions }
  | { readonly kind: 'watch-form'; readonly given: GivenWatch }
  | { readonly kind: 'play'; readonly options: PlayOptions }
  | { readonly kind: 'demo' };

export interface DemoOptions {
  readonly share: ShareOptions;
  readonly watch: Omit<WatchOptions, 'peer'>;
}

export interface AppProps {
  readonly services: AppServices;
  readonly version: string;
  readonly start: Start;
  readonly demo: DemoOptions;
  readonly preferences: Preferences;
  /** Read at the start: what went wrong before there was a screen to say it on. */
  readonly message: string;
  /** Sessions that run, so that they are ended whichever way the program leaves. */
  readonly running: SessionSet;
  readonly quit: (exitCode: number) => void;
}

type Place =
  | { readonly at: 'menu'; readonly message: string; readonly role: Role }
  | { readonly at: 'beginning' }
  | { readonly at: 'looking' }
  | { readonly at: 'share-form'; readonly targets: ShareTargets }
  | { readonly at: 'watch-form' }
  | { readonly at: 'play-form' }
  | { readonly at: 'share'; readonly view: ShareView }
  | {
      readonly at: 'watch';
      readonly view: WatchView;
      readonly peer: string;
      /** How often a code or password was refused before. */
      readonly refused: number;
      readonly attempt: number;
    }
  | { readonly at: 'play'; readonly view: PlayView }
  | { readonly at: 'demo'; readonly demo: Demo };

/** How often a share without a network looks for one. */
const LOOK_AGAIN_MS = 3000;

const SMALLEST = { columns: 24, rows: 6 };

/** While the monitors and windows are looked up, which takes seconds where a display does not answer. */
function Looking({ cancel }: { readonly cancel: () => void }) {
  useKeptKeys(cancel);
  return <Tone tone="muted"> Looking for monitors and windows … Press Esc to go back.</Tone>;
}

function DemoScreens({
  demo,
  local,
  lookUpAddresses,
  leave,
  services,
}: {
  readonly demo: Demo;
  readonly local: readonly LocalAddress[];
  readonly lookUpAddresses: () => void;
  readonly leave: () => void;
  readonly services: AppServices;
}) {
  const { share, watch, over } = useSyncExternalStore(demo.subscribe, demo.get);
  const [shown, setShown] = useState<'share' | 'watch'>('share');
  useEffect(() => {
    if (over) leave();
  }, [over, leave]);
  if (shown === 'watch' && watch) {
    return (
      <WatchDashboard
        services={services}
        key={watch.options.view}
        view={watch}
        refused={0}
        other={() => setShown('share')}
        leave={leave}
        retry={leave}
      />
    );
  }
  return (
    <ShareDashboard
      view={share}
      local={local}
      lookUpAddresses={lookUpAddresses}
      startPacketFeed={services.startPacketFeed}
      listTargets={() => services.listTargets(share.options.display)}
      other={() => setShown('watch')}
      leave={leave}
    />
  );
}

/** The whole terminal UI: one screen at a time, and the session that it shows. */
export default function App(props: AppProps) {
  const { services, version, start, demo, running, quit } = props;
  const { columns, rows } = useTerminalSize();
  const [preferences, setPreferences] = useState(props.preferences);
  const latest = useRef(props.preferences);
  const [local, setLocal] = useState<readonly LocalAddress[]>([]);
  const [place, setPlace] = useState<Place>(
    start.kind === 'menu' ? { at: 'menu', message: props.message, role: 'share' } : { at: 'beginning' },
  );
  /** The command line started one session: its end leads back to the shell. */
  const fromShell = start.kind !== 'menu' && start.kind !== 'watch-form';
  /** What the forms were left with: after an error it is there to be corrected. */
  const given = useRef({ address: '', code: '', file: '' });
  /** Flags for the form. */
  const flags = useRef(start.kind === 'watch-form' ? start.given : null);
  /** Counts requests, so that the result of a cancelled one is dropped. */
  const asked = useRef(0);
  useSettledKeys();

  const remember = useCallback(
    (change: (now: Preferences) => Preferences): void => {
      latest.current = change(latest.current);
      setPreferences(latest.current);
      // Not important now: a folder that cannot be written is reported at the next start.
      services.preferences.save(latest.current).catch(() => {});
    },
    [services],
  );

  /** They may be others at each session: a cable was plugged in. */
  const lookUpAddresses = useCallback((): void => {
    // Without them the dashboard has 127.0.0.1 to tell.
    services.localAddresses().then(setLocal, () => {});
  }, [services]);

  // A share begun without a network is told to others as soon as there is one.
  const unreachable = place.at === 'share' && local.length === 0;
  useEffect(() => {
    if (!unreachable) return;
    const timer = setInterval(lookUpAddresses, LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [unreachable, lookUpAddresses]);

  const startShare = useCallback(
    (options: ShareOptions): void => {
      const view = new ShareView(services.startShare(options), options);
      running.add(view);
      setPlace({ at: 'share', view });
      lookUpAddresses();
    },
    [services, running, lookUpAddresses],
  );
  /**
   * @param peer the address as it is remembered once it has shown a picture
   * @param refused how often a code or password was refused there before
   */
  const startWatch = useCallback(
    (options: WatchOptions, peer: string, refused = 0): void => {
      const view = new WatchView(services.startWatch(options), options);
      running.add(view);
      const attempt = ++asked.current;
      setPlace({ at: 'watch', view, peer, refused, attempt });
      const unsubscribe = view.subscribe(() => {
        // Left before there was a picture: another attempt may have begun.
        if (attempt !== asked.current) return void unsubscribe();
        if ((view.get().snapshot?.frames ?? 0) === 0) return;
        unsubscribe();
        given.current.code = '';
        flags.current &&= withoutFiles(flags.current);
        remember(now => withPeer(now, peer));
      });
      void services.localAddresses().then(
        found => options.view === 'sdl' && isLocal(options.peer.host, found) && view.note(HALL_OF_MIRRORS, 'warning'),
        () => {},
      );
    },
    [services, running, remember],
  );

  const startPlay = useCallback(
    (options: PlayOptions): void => {
      const view = new PlayView(services.startPlay(options), options);
      running.add(view);
      setPlace({ at: 'play', view });
      const unsubscribe = view.subscribe(() => {
        if (view.get().snapshot === null) return;
        unsubscribe();
        remember(now => withRecording(now, path.resolve(options.file)));
      });
    },
    [services, running, remember],
  );

  const choose = useCallback(
    async (role: Role): Promise<void> => {
      const turn = ++asked.current;
      try {
        lookUpAddresses();
        if (role === 'share') {
          setPlace({ at: 'looking' });
          const targets = await services.listTargets(null);
          if (turn === asked.current) setPlace({ at: 'share-form', targets });
        } else if (role === 'watch') {
          setPlace({ at: 'watch-form' });
        } else if (role === 'play') {
          setPlace({ at: 'play-form' });
        } else {
          const session = new Demo(services, demo.share, demo.watch);
          running.add(session);
          setPlace({ at: 'demo', demo: session });
        }
      } catch (thrown) {
        if (turn === asked.current) setPlace({ at: 'menu', message: asPeerglassError(thrown).message, role });
      }
    },
    [services, demo, running, lookUpAddresses],
  );

  // Once: where the command line says to begin.
  useEffect(() => {
    if (start.kind === 'share') startShare(start.options);
    else if (start.kind === 'play') startPlay(start.options);
    else if (start.kind === 'watch') {
      const remembered = parseViewerName(latest.current.watch.name ?? '');
      const name = start.options.name || (remembered.ok ? remembered.value : '');
      startWatch({ ...start.options, name }, watchedAddress(start.options));
    } else if (start.kind === 'watch-form') void choose('watch');
    else if (start.kind === 'demo') void choose(start.kind);
  }, [start, startShare, startWatch, startPlay, choose]);

  function menu(message: string, role: Role): void {
    asked.current++;
    setPlace({ at: 'menu', message, role });
  }

  /** Ends a session in the background and shows what comes next at once. */
  function end(session: UiSession, next: () => void): void {
    running.end(session);
    next();
  }

  /** Back to the shell, to the form after an error, or else to the menu, with what the session came to. */
  function leave(view: ShareView | WatchView | PlayView, role: Role, result: string): void {
    const { ended } = view.get();
    if (fromShell) quit(ended?.error ? 1 : 0);
    else
      end(view, () => {
        if (ended?.error) void choose(role);
        else menu(result, role);
      });
  }

  function framesOf(view: WatchView | PlayView): string {
    const { ended, snapshot } = view.get();
    return framesText(ended?.frames ?? snapshot?.frames ?? 0);
  }

  function screen() {
    switch (place.at) {
      case 'menu':
        return (
          <Menu
            version={version}
            message={place.message}
            role={place.role}
            choose={role => void choose(role)}
            quit={() => quit(0)}
          />
        );
      case 'beginning':
        return null;
      case 'looking':
        return <Looking cancel={() => menu('', 'share')} />;
      case 'share-form':
        return (
          <ShareForm
            targets={place.targets}
            remembered={preferences.share}
            start={(options, share) => {
              remember(now => ({ ...now, share }));
              startShare(options);
            }}
            back={() => menu('', 'share')}
          />
        );
      case 'watch-form':
        return (
          <WatchForm
            preferences={preferences}
            address={given.current.address}
            code={given.current.code}
            flags={flags.current}
            local={local}
            findSharers={services.findSharers}
            start={(options, { address, code }, watch) => {
              given.current = { ...given.current, address, code };
              const said = flags.current;
              if (said) flags.current = { ...said, options: { ...options, code: said.options.code } };
              remember(now => ({ ...now, watch }));
              startWatch(options, address);
            }}
            forget={peer => remember(now => ({ ...now, peers: now.peers.filter(each => each !== peer) }))}
            back={() => menu('', 'watch')}
          />
        );
      case 'play-form':
        return (
          <PlayForm
            preferences={preferences}
            file={given.current.file}
            findRecordings={services.findRecordings}
            start={(options, play) => {
              given.current.file = options.file;
              remember(now => ({ ...now, play }));
              startPlay(options);
            }}
            back={() => menu('', 'play')}
          />
        );
      case 'share':
        return (
          <ShareDashboard
            view={place.view}
            local={local}
            lookUpAddresses={lookUpAddresses}
            startPacketFeed={services.startPacketFeed}
            listTargets={() => services.listTargets(place.view.options.display)}
            other={null}
            leave={() => leave(place.view, 'share', place.view.summary)}
          />
        );
      case 'watch':
        return (
          <WatchDashboard
            services={services}
            key={place.attempt}
            view={place.view}
            refused={place.refused}
            other={null}
            leave={() => leave(place.view, 'watch', `Watched ${framesOf(place.view)}.`)}
            retry={(answer, refused) => {
              running.end(place.view, 'silent');
              if (answer.secret === 'code') given.current.code = answer.code ?? '';
              startWatch({ ...place.view.options, ...answer }, place.peer, refused);
            }}
          />
        );
      case 'play':
        return (
          <PlayDashboard view={place.view} leave={() => leave(place.view, 'play', `Played ${framesOf(place.view)}.`)} />
        );
      case 'demo':
        return (
          <DemoScreens
            demo={place.demo}
            local={local}
            lookUpAddresses={lookUpAddresses}
            services={services}
            leave={() => (fromShell ? quit(0) : end(place.demo, () => menu('The demo is over.', 'share')))}
          />
        );
    }
  }

  const small = columns < SMALLEST.columns || rows < SMALLEST.rows;
  return (
    <Box flexDirection="column" width={columns} height={rows} overflowY="hidden">
      {small ? <Tone tone="warning">terminal too small (needs at least 24x6)</Tone> : screen()}
    </Box>
  );
}
