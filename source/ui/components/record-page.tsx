import { Box } from 'ink';
import { useEffect, useRef, useState } from 'react';
import type { ExportSnapshot } from '../../session/snapshot.js';
import { useKeys } from '../hooks/use-keys.js';
import {
  columnsThatFit,
  fittedColumns,
  indexOf,
  lineText,
  matches,
  type RecordColumn,
  type RecordLine,
} from '../record-table.js';
import type { Notice } from '../session-view.js';
import { wrap } from '../text.js';
import { beginEditing, type Editing, edit } from '../text-editing.js';
import { Header, KeyBar } from './bars.js';
import { TypedText } from './form-lines.js';
import HelpScreen from './help-screen.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import SessionLines, { exportLine, NoticeList } from './session-lines.js';
import Tone, { Sentence } from './tone.js';

/** A line of the detail; a strong one is a heading. */
export interface DetailLine {
  readonly text: string;
  readonly strong?: boolean;
}

interface Props {
  readonly place: string;
  readonly title: string;
  /** The list's subject, at the right of the title. */
  readonly aside: string;
  readonly columns: number;
  readonly rows: number;
  readonly table: readonly RecordColumn[];
  /** Sorted by number. */
  readonly lines: readonly RecordLine[];
  readonly detailOf: (line: RecordLine) => readonly DetailLine[];
  /** Called with a line's number before its detail is shown. */
  readonly look?: (number: number) => void;
  readonly totals: string;
  /** Why the list is missing or incomplete, or null. */
  readonly note: string | null;
  readonly empty: string;
  /** The running export to a file, if any. */
  readonly exported: ExportSnapshot | null;
  readonly toggleExport: () => void;
  readonly notices: readonly Notice[];
  readonly packets: () => void;
  readonly messages: () => void;
  readonly close: () => void;
}

const FILTER = { accepts: /[^\p{Cc}]/u, longest: 60 };
/** Columns by which a long line scrolls. */
const SHIFT = 20;
/** The last column's minimum width, and the share of the list's width that it may take before other columns. */
const MIN_LAST = 18;
const PART_OF_LAST = 0.45;
/** Leaves room for the list. */
const MAX_NOTE_ROWS = 4;
const MIN_ROWS_TOLD = 10;

/** A live list with a filter, which can be frozen, and the details of the chosen line. */
export default function RecordPage(props: Props) {
  const { columns, rows, detailOf, look, note } = props;
  const [chosen, setChosen] = useState<number | null>(null);
  const [frozen, setFrozen] = useState<readonly RecordLine[] | null>(null);
  const [filter, setFilter] = useState<Editing>(() => beginEditing(''));
  const [typing, setTyping] = useState(false);
  const [detail, setDetail] = useState(rows >= 30);
  const [inDetail, setInDetail] = useState(false);
  const [top, setTop] = useState(0);
  const [shift, setShift] = useState(0);
  const [help, setHelp] = useState(false);
  const widest = useRef<number[]>([]);
  const [lastBefore] = useState(props.notices.at(-1)?.id ?? 0);

  const lines = (frozen ?? props.lines).filter(line => matches(line, filter.text));
  const at = chosen === null ? lines.length - 1 : Math.max(0, indexOf(lines, chosen));
  const line = lines[at];
  const noteRows = note === null ? 0 : Math.min(MAX_NOTE_ROWS, wrap(note, columns - 2).length);
  const exported = exportLine(props.exported, rows);
  // Notices since this page was opened: an export has finished or failed.
  const told = exported === null && rows >= MIN_ROWS_TOLD && (props.notices.at(-1)?.id ?? 0) > lastBefore;
  const height = rows - 3 - noteRows - (exported !== null || told ? 1 : 0);
  const detailHeight = detail && height >= 10 ? Math.floor(height * 0.5) : 0;
  const listRows = height - detailHeight - 3;
  const shownDetail = line && detailHeight > 0 ? detailOf(line) : [];
  const detailRows = detailHeight - 2;
  const lookedAt = detailHeight > 0 ? line?.number : undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once per line, not per render
  useEffect(() => {
    if (lookedAt !== undefined) look?.(lookedAt);
  }, [lookedAt]);
  const from = Math.max(0, Math.min(top, shownDetail.length - detailRows));

  const moveTo = (index: number): void => {
    setTop(0);
    const next = lines[Math.max(0, Math.min(lines.length - 1, index))];
    setChosen(next?.number ?? null);
  };
  const up = (step: number): void => (inDetail ? setTop(Math.max(0, from - step)) : moveTo(at - step));
  const down = (step: number): void => (inDetail ? setTop(from + step) : moveTo(at + step));
  useKeys(
    'records',
    {
      up: () => up(1),
      down: () => down(1),
      pageUp: () => up(inDetail ? detailRows : listRows),
      pageDown: () => down(inDetail ? detailRows : listRows),
      first: () => (inDetail ? setTop(0) : moveTo(0)),
      last: () => (inDetail ? setTop(shownDetail.length) : setChosen(null)),
      left: () => setShift(Math.max(0, shift - SHIFT)),
      right: () => setShift(shift + SHIFT),
      freeze: () => setFrozen(frozen ? null : props.lines),
      filter: () => setTyping(true),
      detail: () => {
        setDetail(!detail);
        setInDetail(false);
      },
      panel: () => setInDetail(!inDetail && detailHeight > 0),
      packets: props.packets,
      messages: props.messages,
      export: props.toggleExport,
      help: () => setHelp(true),
      back: () => {
        if (inDetail) setInDetail(false);
        else if (filter.text !== '') setFilter(beginEditing(''));
        else props.close();
      },
      close: props.close,
    },
    { active: !typing && !help },
  );
  useKeys(
    'filter',
    {
      take: () => setTyping(false),
      back: () => {
        setFilter(beginEditing(''));
        setTyping(false);
      },
    },
    { active: typing, otherwise: key => setFilter(edit(filter, key, FILTER)) },
  );
  if (help) {
    return (
      <HelpScreen screen="records" title={props.title} columns={columns} rows={rows} close={() => setHelp(false)} />
    );
  }

  const width = columns - PANEL_MARGIN;
  const first = Math.max(0, Math.min(lines.length - listRows, at - Math.floor(listRows / 2)));
  const shown = lines.slice(first, first + listRows);
  const table = fittedColumns(props.table, shown, widest.current);
  const wanted = Math.min(table.at(-1)?.width ?? 0, Math.floor(width * PART_OF_LAST));
  const fitting = columnsThatFit(table, width - 2, Math.max(MIN_LAST, wanted));
  const following = chosen === null && frozen === null;
  const state = frozen ? 'frozen' : following ? 'live' : 'live, one selected';
  return (
    <>
      <Header
        columns={columns}
        place={columns < 60 ? props.title.toLowerCase() : `${props.place} › ${props.title.toLowerCase()}`}
        state={state}
        stateTone={frozen ? 'warning' : 'good'}
        about={props.aside}
      />
      {note === null ? null : (
        <Box flexDirection="column" height={noteRows} paddingX={1} flexShrink={0} overflow="hidden">
          <Sentence text={note} columns={columns - 2} tone="warning" />
        </Box>
      )}
      <Panel
        title={props.title}
        aside={lines.length > 0 ? `${at + 1} of ${lines.length}` : ''}
        width={columns}
        height={listRows + 3}
        focused={!inDetail}
      >
        <Tone tone="muted">
          {`  ${lineText(
            table.map(column => column.title),
            table,
            fitting,
            width - 2,
            0,
          )}`}
        </Tone>
        {lines.length === 0 ? (
          <Tone tone="muted">{filter.text === '' ? props.empty : `Nothing contains "${filter.text}" yet.`}</Tone>
        ) : null}
        {shown.map((each, index) => (
          <Tone
            key={each.number}
            tone={first + index === at ? 'accent' : 'plain'}
            bold={first + index === at}
          >{`${first + index === at ? '▸ ' : '  '}${lineText(each.cells, table, fitting, width - 2, shift)}`}</Tone>
        ))}
      </Panel>
      {detailHeight > 0 ? (
        <Panel
          title={line ? `${props.title.slice(0, -1)} ${line.number}` : 'Detail'}
          aside={shownDetail.length > detailRows ? `${from + 1}-${from + detailRows} of ${shownDetail.length}` : ''}
          width={columns}
          height={detailHeight}
          focused={inDetail}
        >
          {shownDetail.slice(from, from + detailRows).map(({ text, strong }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text
            <Tone key={index} bold={strong ?? false}>
              {text === '' ? ' ' : text}
            </Tone>
          ))}
        </Panel>
      ) : null}
      <SessionLines verdict={null} exported={exported} recording={null} />
      {told ? (
        <Box paddingX={1} height={1} flexShrink={0}>
          <NoticeList notices={props.notices} rows={1} bare={columns < 60} />
        </Box>
      ) : null}
      <Box paddingX={1} height={1} flexShrink={0} overflow="hidden">
        {typing || filter.text !== '' ? (
          <Box flexShrink={0} marginRight={2}>
            <Tone tone="accent">filter </Tone>
            {typing ? <TypedText editing={filter} empty="any text" /> : <Tone bold>{filter.text}</Tone>}
          </Box>
        ) : null}
        <Tone tone="muted">{props.totals}</Tone>
      </Box>
      <KeyBar
        screen={typing ? 'filter' : 'records'}
        columns={columns}
        hidden={[detailHeight > 0 ? '' : 'panel', following ? 'last' : ''].join(' ')}
      />
    </>
  );
}
