// peerglass/decoder: the watching side of rfb without a platform, for Node, a browser or any other engine with
// WebAssembly. The caller provides bytes, time and JPEG; the kernels are peerglass/kernels.wasm.
export type { InflateStream, StreamInflater } from '../codecs/decode/inflate.js';
export { InflateFault } from '../codecs/decode/inflate.js';
export { kernelStreams } from '../codecs/decode/kernel-streams.js';
export { JpegDecoder } from '../codecs/jpeg/jpeg-decoder.js';
export type { JpegLibrary } from '../codecs/jpeg/jpeg-library.js';
export type {
  DecodedFrame,
  EncodedVideoChunk,
  VideoDecoder,
  VideoDecoderConfig,
  VideoDecoderInit,
  VideoDecoders,
} from '../codecs/video/video-codec.js';
export type { Clock } from '../core/clock.js';
export { PeerglassError } from '../core/errors.js';
export type { Rectangle, Size } from '../core/rectangle.js';
export { type ByteStream, ReplaceableStream, type Transport, type Upgrade } from '../core/transport.js';
export { Framebuffer } from '../pixels/framebuffer.js';
export type { PixelMemory } from '../pixels/pixel-memory.js';
export { bindKernels } from '../pixels/pixel-memory.js';
export { hasVectors } from '../pixels/vectors.js';
export type { PictureUpdate, ProtocolFacts } from '../session/watch/protocol-session.js';
export {
  ClientConnection,
  type ClientConnectionParts,
  type RfbOptions,
} from '../session/watch/rfb/client-connection.js';
export type { RfbHost } from '../session/watch/rfb/rfb-host.js';
export { type CreateRfbTrace, noTrace, type RfbTrace } from '../session/watch/rfb/rfb-host.js';
