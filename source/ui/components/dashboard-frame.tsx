import { Box } from 'ink';
import type { ReactNode } from 'react';
import type { ErrorReport } from '../../core/errors.js';
import type { useDashboard } from '../hooks/use-dashboard.js';
import type { KeyScreen } from '../keys.js';
import type { Notice } from '../session-view.js';
import { wrap } from '../text.js';
import type { Tone as ToneName } from '../theme.js';
import { Header, KeyBar } from './bars.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import SessionLines, { NoticeList } from './session-lines.js';
import Tone from './tone.js';

interface Props {
  readonly place: 'share' | 'watch';
  readonly state: { readonly text: string; readonly tone: ToneName };
  readonly about: string;
  readonly aside: string;
  readonly dashboard: ReturnType<typeof useDashboard>;
  readonly notices: readonly Notice[];
  readonly bar: KeyScreen;
  /** Actions without a meaning at the moment. */
  readonly hidden: string;
  readonly top: ReactNode;
  readonly children: ReactNode;
}

/** The frame of both dashboards: header, top, body, key bar. */
export default function DashboardFrame(props: Props) {
  const { place, state, about, aside, dashboard, notices, bar, hidden, top, children } = props;
  const { columns, layout, always } = dashboard;
  return (
    <>
      <Header columns={columns} place={place} state={state.text} stateTone={state.tone} about={about} aside={aside} />
      {top}
      {children}
      <Box flexGrow={1} />
      <SessionLines verdict={always.verdict} exported={always.exported} recording={always.recording} />
      {layout.noticeRows > 0 ? (
        <Box paddingX={1} height={layout.noticeRows} flexShrink={0}>
          <NoticeList notices={notices} rows={layout.noticeRows} bare={columns < 60} />
        </Box>
      ) : null}
      <KeyBar screen={bar} columns={columns} hidden={hidden} />
    </>
  );
}

interface FailedProps {
  readonly place: 'share' | 'watch' | 'play';
  readonly about?: string;
  readonly error: ErrorReport;
  readonly columns: number;
  readonly rows: number;
  readonly bar?: KeyScreen;
  /** Actions without a meaning. */
  readonly hidden?: string;
  /** A question below the error, in place of the keys. */
  readonly question?: ReactNode;
}

/** Replaces the dashboard of a session that has failed. */
export function FailedSession(props: FailedProps) {
  const { place, about = '', error, columns, rows, bar = 'error', hidden = '', question = null } = props;
  // The sharer's decision is nobody's failure.
  const ended = error.code === 'E_SHARE_ENDED';
  const tone = ended ? 'warning' : 'bad';
  return (
    <>
      <Header columns={columns} place={place} state={ended ? 'ended' : 'failed'} stateTone={tone} about={about} />
      <ErrorPanel error={error} tone={tone} width={columns} height={rows - 2} />
      {question ?? <KeyBar screen={bar} columns={columns} hidden={hidden} />}
    </>
  );
}

interface ErrorPanelProps {
  readonly error: ErrorReport;
  readonly tone: ToneName;
  readonly width: number;
  readonly height: number;
}

/** What happened and what to do. The code stands in the title, so that it can be looked up. */
function ErrorPanel({ error, tone, width, height }: ErrorPanelProps) {
  const columns = Math.max(1, width - PANEL_MARGIN);
  const happened = wrap(error.message, columns);
  const remedy = error.remedy === '' ? [] : wrap(error.remedy, columns);
  return (
    <Panel title={error.code} width={width} height={height} tone={tone}>
      <Box flexDirection="column" overflowY="hidden">
        {happened.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text
          <Tone key={index} bold>
            {line === '' ? ' ' : line}
          </Tone>
        ))}
        {remedy.length > 0 && height > 6 ? <Tone> </Tone> : null}
        {remedy.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text
          <Tone key={index}>{line === '' ? ' ' : line}</Tone>
        ))}
      </Box>
    </Panel>
  );
}
