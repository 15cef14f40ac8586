import { Box } from 'ink';
import { useEffect } from 'react';
import type { Thumbnail } from '../../session/messages.js';
import { halfBlocks } from '../half-blocks.js';
import { usePainter } from '../hooks/surroundings.js';
import { useTheme } from '../theme.js';
import Panel, { PANEL_MARGIN } from './panel.js';
import Tone from './tone.js';

interface Props {
  readonly title: string;
  readonly aside: string;
  /** Text shown while there is no picture. */
  readonly empty: string;
  readonly thumbnail: Thumbnail | null;
  /** The panel's place on the screen: the painter draws the picture over it. */
  readonly column: number;
  readonly row: number;
  readonly width: number;
  readonly height: number;
  readonly focused: boolean;
}

/** A panel with a small picture in half blocks, centred. */
export default function Picture(props: Props) {
  const { title, aside, empty, thumbnail, column, row, width, height, focused } = props;
  const painter = usePainter();
  const { pictures } = useTheme();
  useEffect(() => {
    const cells = { columns: width - PANEL_MARGIN, rows: height - 2 };
    // A picture made for another size of the panel would cover its neighbours.
    if (thumbnail === null || thumbnail.columns > cells.columns || Math.ceil(thumbnail.rows / 2) > cells.rows) {
      painter.setLayer('picture', null);
      return;
    }
    const lines = halfBlocks(thumbnail, pictures);
    painter.setLayer('picture', {
      column: column + 2 + Math.floor((cells.columns - thumbnail.columns) / 2),
      row: row + 1 + Math.floor((cells.rows - lines.length) / 2),
      lines,
    });
  }, [painter, pictures, thumbnail, column, row, width, height]);
  useEffect(() => () => painter.setLayer('picture', null), [painter]);
  return (
    <Panel title={title} aside={aside} width={width} height={height} focused={focused}>
      <Box>{thumbnail === null ? <Tone tone="muted">{empty}</Tone> : null}</Box>
    </Panel>
  );
}
