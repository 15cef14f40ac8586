import { createRequire } from 'node:module';
import type * as JpegTurbo from '@julusian/jpeg-turbo';
import type { Size } from '../core/rectangle.js';
import type { JpegQuality, Subsampling } from './encode-job.js';

type Library = typeof JpegTurbo;

let library: Library | null | undefined;

/** libjpeg-turbo, loaded when first needed, or null where it has no build for this machine. */
function load(): Library | null {
  if (library === undefined) {
    try {
      library = createRequire(import.meta.url)('@julusian/jpeg-turbo') as Library;
    } catch {
      library = null;
    }
  }
  return library;
}

/** Whether JPEG can be written here; where it cannot, everything goes lossless. */
export function canCompressJpeg(): boolean {
  return load() !== null;
}

/** Packed BGRX rows as a JPEG. @param rows must stay as they are until the promise is resolved when pooled */
export function compressJpeg(rows: Buffer, size: Size, jpeg: JpegQuality, pooled: false): Buffer;
export function compressJpeg(rows: Buffer, size: Size, jpeg: JpegQuality, pooled: boolean): Buffer | Promise<Buffer>;
export function compressJpeg(rows: Buffer, size: Size, jpeg: JpegQuality, pooled: boolean): Buffer | Promise<Buffer> {
  const turbo = load();
  if (turbo === null) throw new Error('there is no JPEG library');
  const options: JpegTurbo.EncodeOptions = {
    format: turbo.FORMAT_BGRX,
    width: size.width,
    height: size.height,
    subsampling: samplesOf(turbo, jpeg.subsampling),
    quality: jpeg.quality,
  };
  return pooled ? turbo.compress(rows, options) : turbo.compressSync(rows, options);
}

function samplesOf(turbo: Library, subsampling: Subsampling): JpegTurbo.SubSampling {
  if (subsampling === '4:4:4') return turbo.SAMP_444;
  if (subsampling === '4:2:2') return turbo.SAMP_422;
  return subsampling === '4:2:0' ? turbo.SAMP_420 : turbo.SAMP_GRAY;
}
