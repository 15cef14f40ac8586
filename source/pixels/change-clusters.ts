import { bounds, type Rectangle } from '../core/rectangle.js';
import type { Found } from './difference.js';
import { TILE } from './tile-grid.js';

/** The bounds of changes that hang together: those in the same tile or in tiles beside each other, across corners too. */
export function changeClusters(found: readonly Found[]): Rectangle[] {
  const tiles = new Map<number, Rectangle>();
  for (const each of found) {
    const key = keyOf(Math.floor(each.x / TILE), Math.floor(each.y / TILE));
    const known = tiles.get(key);
    tiles.set(key, known ? bounds(known, each) : { x: each.x, y: each.y, width: each.width, height: each.height });
  }
  const clusters: Rectangle[] = [];
  for (const [start, first] of tiles) {
    if (!tiles.delete(start)) continue;
    let cluster = first;
    const open = [start];
    for (let key = open.pop(); key !== undefined; key = open.pop()) {
      for (const near of NEIGHBOURS) {
        const tile = tiles.get(key + near);
        if (tile === undefined) continue;
        tiles.delete(key + near);
        cluster = bounds(cluster, tile);
        open.push(key + near);
      }
    }
    clusters.push(cluster);
  }
  return clusters;
}

/** One more than any column, so that the last of a row and the first of the next are no neighbours. */
const ROW = 4096;

function keyOf(column: number, row: number): number {
  return row * ROW + column;
}

const NEIGHBOURS = [-ROW - 1, -ROW, -ROW + 1, -1, 1, ROW - 1, ROW, ROW + 1];
