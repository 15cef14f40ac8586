import { useEffect, useMemo } from 'react';
import type { MessageRecord } from '../../session/inspect/message-record.js';
import type { InspectedPort, StartPacketFeed } from '../../session/inspect/packet-messages.js';
import type { ExportSnapshot } from '../../session/snapshot.js';
import RecordPage, { type DetailLine } from '../components/record-page.js';
import { portsText, usePackets } from '../hooks/use-packets.js';
import {
  LineCache,
  MESSAGE_COLUMNS,
  messageCells,
  messageDetail,
  messageTotals,
  PACKET_COLUMNS,
  packetCells,
  packetDetail,
  packetTotals,
} from '../inspect-lines.js';
import { indexOf, type RecordLine } from '../record-table.js';
import type { Notice } from '../session-view.js';

/** The session whose connection is inspected. */
export interface InspectedSession {
  readonly place: 'share' | 'watch';
  readonly ports: readonly InspectedPort[];
  readonly messages: readonly MessageRecord[];
  /** Asks for messages from now on, or no more. The same function at each drawing. */
  readonly lookAtMessages: (on: boolean) => void;
  readonly exported: ExportSnapshot | null;
  readonly toggleExport: () => void;
  readonly notices: readonly Notice[];
}

export type InspectKind = 'packets' | 'messages';

interface Props {
  readonly kind: InspectKind;
  readonly session: InspectedSession;
  readonly startPacketFeed: StartPacketFeed;
  readonly columns: number;
  readonly rows: number;
  /** To another page, or null for the dashboard. */
  readonly go: (kind: InspectKind | null) => void;
}

function portText(ports: readonly InspectedPort[]): string {
  const numbers = ports.map(({ port }) => port);
  return numbers.length === 1 ? `port ${numbers[0]}` : `ports ${numbers.join(' and ')}`;
}

function exportOf({ exported, toggleExport, notices }: InspectedSession) {
  return { exported, toggleExport, notices };
}

/** The protocol's messages. Also shown, with a note, where packets are unavailable. */
function MessagesPage({ session, note, ...rest }: Omit<Props, 'startPacketFeed'> & { readonly note: string | null }) {
  const { columns, rows, go, kind } = rest;
  const { messages, lookAtMessages } = session;
  useEffect(() => {
    lookAtMessages(true);
    return () => lookAtMessages(false);
  }, [lookAtMessages]);
  const cache = useMemo(() => new LineCache<MessageRecord>(messageCells), []);
  const details = useMemo(() => new WeakMap<RecordLine, MessageRecord>(), []);
  const lines = cache.linesOf(messages);
  lines.forEach((line, index) => {
    if (!details.has(line)) details.set(line, messages[index]!);
  });
  return (
    <RecordPage
      {...exportOf(session)}
      place={session.place}
      title="Messages"
      aside={portText(session.ports)}
      columns={columns}
      rows={rows}
      table={MESSAGE_COLUMNS}
      lines={lines}
      detailOf={line => {
        const record = details.get(line);
        return record ? messageDetail(record) : [];
      }}
      totals={messageTotals(messages)}
      note={note}
      empty="No messages yet."
      packets={() => go(kind === 'packets' ? null : 'packets')}
      messages={() => go(kind === 'messages' ? null : 'messages')}
      close={() => go(null)}
    />
  );
}

const ASKED: readonly DetailLine[] = [{ text: '…' }];

function PacketsPage(props: Props) {
  const { session, columns, rows, go } = props;
  const packets = usePackets(props.startPacketFeed, portsText(session.ports));
  const cache = useMemo(() => new LineCache(packetCells), []);
  if (packets.unavailable !== null) {
    return <MessagesPage {...props} note={`${packets.unavailable} Messages are shown instead.`} />;
  }
  const lines = cache.linesOf(packets.lines);
  return (
    <RecordPage
      {...exportOf(session)}
      place={session.place}
      title="Packets"
      aside={`TCP ${portText(session.ports)}`}
      columns={columns}
      rows={rows}
      table={PACKET_COLUMNS}
      lines={lines}
      detailOf={line => {
        if (packets.detail?.line.number === line.number) return packetDetail(packets.detail);
        const summary = packets.lines[indexOf(lines, line.number)];
        return summary ? [{ text: `${summary.number} ${summary.info}`, strong: true }, ...ASKED] : ASKED;
      }}
      look={packets.ask}
      totals={packetTotals(packets.totals, packets.skipped)}
      note={null}
      empty={`Waiting for packets of ${portText(session.ports)} …`}
      packets={() => go(null)}
      messages={() => go('messages')}
      close={() => go(null)}
    />
  );
}

/** The wire of a session, packet by packet or message by message. */
export default function InspectPages(props: Props) {
  return props.kind === 'packets' ? <PacketsPage {...props} /> : <MessagesPage {...props} note={null} />;
}
