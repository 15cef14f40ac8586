import { Box } from 'ink';
import type { ReactNode } from 'react';
import type { ErrorReport } from '../../core/errors.js';
import type { useDashboard } from '../hooks/use-dashboard.js';
import type { KeyScreen } from '../keys.js';
import type { Notice } from '../session-view.js';
import type { Tone } from '../theme.js';
import ErrorPanel from './error-panel.js';
import Header from './header.js';
import KeyBar from './key-bar.js';
import NoticeList from './notice-list.js';
import SessionLines from './session-lines.js';

interface Props {
  readonly place: 'share' | 'watch';
  readonly state: { readonly text: string; readonly tone: Tone };
  readonly about: string;
  readonly aside: string;
  readonly dashboard: ReturnType<typeof useDashboard>;
  readonly notices: readonly Notice[];
  readonly bar: KeyScreen;
  /** Actions that mean nothing at the moment. */
  readonly hidden: string;
  readonly top: ReactNode;
  readonly children: ReactNode;
}

/** What both dashboards have around their panels. */
export default function DashboardFrame(props: Props) {
  const { place, state, about, aside, dashboard, notices, bar, hidden, top, children } = props;
  const { columns, layout, always } = dashboard;
  return (
    <>
      <Header columns={columns} place={place} state={state.text} stateTone={state.tone} about={about} aside={aside} />
      {top}
      {children}
      <Box flexGrow={1} />
      <SessionLines verdict={always.verdict} exported={always.exported} />
      {layout.messageRows > 0 ? (
        <Box paddingX={1} height={layout.messageRows} flexShrink={0}>
          <NoticeList notices={notices} rows={layout.messageRows} bare={columns < 60} />
        </Box>
      ) : null}
      <KeyBar screen={bar} columns={columns} hidden={hidden} />
    </>
  );
}

interface FailedProps {
  readonly place: 'share' | 'watch';
  readonly about?: string;
  readonly error: ErrorReport;
  readonly columns: number;
  readonly rows: number;
}

/** In the place of a dashboard whose session has failed. */
export function FailedSession({ place, about = '', error, columns, rows }: FailedProps) {
  return (
    <>
      <Header columns={columns} place={place} state="failed" stateTone="bad" about={about} />
      <ErrorPanel error={error} width={columns} height={rows - 2} />
      <KeyBar screen="error" columns={columns} />
    </>
  );
}
