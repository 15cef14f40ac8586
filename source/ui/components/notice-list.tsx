import { Box } from 'ink';
import { memo } from 'react';
import { timeOfDay } from '../format.js';
import type { Notice } from '../session-view.js';
import type { Tone as ToneName } from '../theme.js';
import Tone from './tone.js';

interface Props {
  readonly notices: readonly Notice[];
  readonly rows: number;
  /** Without times, for a narrow terminal. */
  readonly bare?: boolean;
}

const TONES: Record<Notice['tone'], ToneName> = { info: 'plain', good: 'good', warning: 'warning' };

/** The last notices, the newest at the bottom. */
function NoticeList({ notices, rows, bare = false }: Props) {
  const shown = notices.slice(-Math.max(0, rows));
  return (
    <Box flexDirection="column" height={rows} flexShrink={0}>
      {shown.map(notice => (
        <Tone key={notice.id} tone={TONES[notice.tone]}>
          {bare ? '' : <Tone tone="muted">{`${timeOfDay(notice.time)} `}</Tone>}
          {notice.tone === 'warning' ? '! ' : ''}
          {notice.text}
        </Tone>
      ))}
    </Box>
  );
}

export default memo(NoticeList);
