/**
 * The stable codes of every error that a user can meet. Scripts match on them: a code is never renamed or reused.
 * The table of errors in docs/reference.md is checked against this list by a test.
 */
export const ERROR_CODES = {
  E_USAGE: 'a flag or argument that makes no sense',
  E_NO_TTY: 'the menu needs a terminal',
  E_ACCESS_REQUIRED: 'headless sharing needs to be told who may watch',
  E_INTERNAL: 'a fault in peerglass itself',
  E_CRASH: 'a native library crashed',
  E_TOO_MANY_FILES: 'the system lets this program open no more files and connections',
  E_WORKER_DIED: 'the worker thread or child process of a session ended by itself',

  E_PORT_IN_USE: 'another program listens on the port',
  E_ADDRESS_NOT_LOCAL: 'the address to bind is not one of this machine',
  E_BIND_PERMISSION: 'this user may not bind the port',
  E_LISTEN: 'listening failed for another reason',

  E_UNKNOWN_HOST: 'the name of the peer cannot be resolved',
  E_CONNECT_REFUSED: 'nothing listens at the address',
  E_CONNECT_TIMEOUT: 'the address does not answer',
  E_UNREACHABLE: 'there is no route to the address',
  E_CONNECT: 'connecting failed for another reason',
  E_PEER_SILENT: 'connected, but nothing is sent, or nothing more in the middle of a message',
  E_PEER_CLOSED: 'the peer closed the connection',
  E_PEER_REFUSED: 'the sharer refused this viewer',
  E_SHARE_FULL: 'the share has no room for another viewer',
  E_DECLINED: 'the person who shares said no',
  E_NOT_ANSWERED: 'the person who shares did not answer in time',
  E_TOO_MANY_TRIES: 'so many wrong codes are tried at the sharer that this one was not judged',
  E_NOT_A_SHARER: 'what was sent is not a wire that peerglass knows',
  E_WIRE_MISMATCH: 'the peer speaks another wire than the one asked for',

  E_FRAME_HEADER: 'a classic frame with an impossible header',
  E_FRAME_SIZE: 'a classic frame whose size cannot be true',
  E_FRAME_DATA: 'a classic frame that does not inflate',
  E_FRAME_LENGTH: 'a classic frame that inflates to another size than the picture has',
  E_PICTURE_SIZE: 'the size of the picture cannot be worked out',

  E_RFB_VERSION: 'an rfb version that cannot be spoken',
  E_RFB_SECURITY: 'no security type in common',
  E_RFB_AUTH: 'the password or code was not accepted',
  E_RFB_PROTOCOL: 'a message that the rfb protocol does not allow',
  E_RFB_DECODE: 'a rectangle that does not decode',
  E_CODE_REQUIRED: 'the sharer asks for a code and none was given',

  E_NO_DISPLAY: 'no screen to share or to show on',
  E_DISPLAY_CONNECT: 'the X display does not answer',
  E_DISPLAY_DIED: 'the X server ended during the session',
  E_WAYLAND: 'a Wayland session, which X11 capture cannot see',
  E_CAPTURE: 'reading the screen failed',
  E_CAPTURE_LIBRARY: 'node-screenshots or a library that it needs is missing',
  E_CAPTURE_PERMISSION: 'the system does not allow reading the screen',
  E_REGION: 'a region that lies outside the screen',
  E_SOURCE_GONE: 'the monitor, region, window or X server that is shared is gone; the share waits for it',
  E_SOURCE_HIDDEN: 'the window that is shared is minimised or hidden; the share waits for it',
  E_NO_SUCH_MONITOR: 'no monitor with that number or name',
  E_NO_SUCH_WINDOW: 'no window with that id or title',
  E_REPLAY_FILE: 'the recording cannot be read',

  E_SDL_MISSING: 'the SDL 2 library is missing',
  E_SDL: 'SDL cannot open a window',
  E_SNAPSHOT: 'the picture cannot be written',
  E_OUTPUT: 'standard output cannot be written',
  E_CONFIG: 'the configuration cannot be read or written',
  E_LOG: 'the log cannot be written, and has a gap',
  E_EXPORT: 'a capture or report cannot be written',
  E_CAPTURE_FILE: 'a packet capture that cannot be read',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
