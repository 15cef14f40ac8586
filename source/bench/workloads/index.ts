import { deck } from './deck.js';
import { drag, idle, typing } from './desktop.js';
import { clip, film, mixed } from './film.js';
import { scroll, slides, terminal } from './moving-views.js';
import { full, video } from './natural.js';
import type { Workload } from './workload.js';

export const WORKLOADS: readonly Workload[] = [
  idle,
  typing,
  scroll,
  drag,
  video,
  full,
  terminal,
  slides,
  film,
  clip,
  mixed,
  deck,
];
