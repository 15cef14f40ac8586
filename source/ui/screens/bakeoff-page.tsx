import { Box } from 'ink';
import { useEffect, useState } from 'react';
import { type BakeoffReport, type BakeoffRow, type EncodingChoice, standsFor } from '../../session/bakeoff.js';
import type { ViewerSnapshot } from '../../session/snapshot.js';
import { BAKEOFF_COLUMNS, bakeoffCells, framesText, legendText, linkText, rowKey } from '../bakeoff-lines.js';
import { Header, KeyBar } from '../components/bars.js';
import HelpScreen from '../components/help-screen.js';
import Panel, { PANEL_MARGIN } from '../components/panel.js';
import Tone, { Sentence } from '../components/tone.js';
import { useKeys } from '../hooks/use-keys.js';
import { columnsThatFit, lineText } from '../record-table.js';
import type { ShareView } from '../share-view.js';
import type { Tone as ToneName } from '../theme.js';

interface Props {
  readonly view: ShareView;
  /** Null before the first report. */
  readonly report: BakeoffReport | null;
  /** The viewer to try encodings for; null: the first one. */
  readonly viewer: ViewerSnapshot | null;
  /** Films that go as video, in a line; null: there are none. */
  readonly film: string | null;
  readonly columns: number;
  readonly rows: number;
  readonly close: () => void;
}

/** Header, what was encoded, the link, the legend and the bar; of the panel its borders and the heading. */
const AROUND = 5;
const PANEL_ROWS = 3;
const MARK = 2;
const MIN_MARKS = { narrow: 5, wide: 14 };
/** Fewer columns have no room for all the words. */
const NARROW = 60;

function stateOf(report: BakeoffReport | null, columns: number): { readonly text: string; readonly tone: ToneName } {
  if (report === null) return { text: 'beginning', tone: 'muted' };
  if (report.state === 'failed') return { text: 'over', tone: 'warning' };
  if (report.state === 'done') return { text: 'done', tone: 'good' };
  const at = `${Math.min(report.tried + 1, report.total)} of ${report.total}`;
  return { text: columns < NARROW ? at : `trying ${at}`, tone: 'accent' };
}

/**
 * Every encoding that a viewer can take, tried on the last frames: what each costs, and the frame rate that it
 * promises.
 */
export default function BakeoffPage({ view, report, viewer, film, columns, rows, close }: Props) {
  const [chosen, setChosen] = useState<EncodingChoice | null>(null);
  const [help, setHelp] = useState(false);
  const { beginBakeoff, endBakeoff } = view;
  const [asked] = useState(viewer?.id ?? null);
  useEffect(() => {
    beginBakeoff(asked);
    return endBakeoff;
  }, [beginBakeoff, endBakeoff, asked]);

  const all = report?.rows ?? [];
  const found = chosen === null ? -1 : all.findIndex(row => standsFor(row, chosen));
  // Until somebody moves, the best one is the chosen one.
  const at =
    found >= 0
      ? found
      : Math.max(
          0,
          all.findIndex(row => row.best),
        );
  const height = Math.max(PANEL_ROWS, rows - AROUND);
  const space = height - PANEL_ROWS;
  const moveTo = (index: number): void => {
    const row = all[Math.max(0, Math.min(all.length - 1, index))];
    if (row) setChosen(row.choice);
  };
  const take = (): void => {
    const row = all[at];
    if (!row || !report?.viewer) return;
    view.send({ type: 'encode-as', viewer: report.viewer.id, choice: row.choice });
    close();
  };
  useKeys(
    'bakeoff',
    {
      up: () => moveTo(at - 1),
      down: () => moveTo(at + 1),
      pageUp: () => moveTo(at - space),
      pageDown: () => moveTo(at + space),
      first: () => moveTo(0),
      last: () => moveTo(all.length - 1),
      take,
      again: () => beginBakeoff(asked),
      help: () => setHelp(true),
      back: close,
    },
    { active: !help },
  );
  if (help) {
    const back = (): void => setHelp(false);
    return <HelpScreen screen="bakeoff" title="Bake-off" columns={columns} rows={rows} close={back} />;
  }

  const state = stateOf(report, columns);
  const who = report?.viewer?.address ?? viewer?.address ?? '';
  const width = columns - PANEL_MARGIN - MARK;
  const fitting = columnsThatFit(BAKEOFF_COLUMNS, width, columns < NARROW ? MIN_MARKS.narrow : MIN_MARKS.wide);
  const line = (cells: readonly string[]): string => lineText(cells, BAKEOFF_COLUMNS, fitting, width, 0);
  const first = Math.max(0, Math.min(all.length - space, at - Math.floor(space / 2)));
  const toneOf = (row: BakeoffRow, isChosen: boolean): ToneName =>
    isChosen ? 'accent' : row.best ? 'good' : row.present ? 'second' : 'plain';
  return (
    <>
      <Header
        columns={columns}
        place={columns < NARROW ? 'bake-off' : 'share › bake-off'}
        state={state.text}
        stateTone={state.tone}
        about={who}
      />
      <Box flexDirection="column" paddingX={1} height={2} flexShrink={0} overflow="hidden">
        {report?.problem ? (
          <Sentence text={report.problem} columns={columns - 2} tone="warning" bold />
        ) : (
          <>
            <Tone tone="muted">{report ? framesText(report) : ' '}</Tone>
            <Tone tone="muted">{report ? linkText(report) : ' '}</Tone>
          </>
        )}
      </Box>
      <Panel
        title="Encodings"
        aside={[...(all.length > 0 ? [`${at + 1} of ${all.length}`] : []), ...(film === null ? [] : [film])].join('  ')}
        width={columns}
        height={height}
        focused
      >
        <Tone tone="muted">{`  ${line(BAKEOFF_COLUMNS.map(column => column.title))}`}</Tone>
        {all.length === 0 && !report?.problem ? <Tone tone="muted">Encoding …</Tone> : null}
        {all.slice(first, first + space).map((row, index) => {
          const isChosen = first + index === at;
          return (
            <Tone key={rowKey(row)} tone={toneOf(row, isChosen)} bold={isChosen}>
              {`${isChosen ? '▸ ' : '  '}${line(bakeoffCells(row))}`}
            </Tone>
          );
        })}
      </Panel>
      <Box paddingX={1} height={1} flexShrink={0} overflow="hidden">
        <Tone tone="muted">{all.length > 0 ? legendText(all) : ' '}</Tone>
      </Box>
      <KeyBar screen="bakeoff" columns={columns} hidden={all.length === 0 ? 'take down' : ''} />
    </>
  );
}
