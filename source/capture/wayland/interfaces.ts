import type { Signature } from './wire.js';

type Signatures = Readonly<Record<string, Signature>>;

/** An interface of the protocol. Requests and events are in the order of their opcodes. */
export interface Interface<Requests extends Signatures = Signatures, Events extends Signatures = Signatures> {
  readonly name: string;
  readonly requests: Requests;
  readonly events: Events;
  readonly opcodes: ReadonlyMap<string, number>;
  /** By opcode. */
  readonly eventList: readonly (readonly [name: string, signature: Signature])[];
}

/** Describes an interface; letters as in wire.ts. */
export function describeInterface<const Requests extends Signatures, const Events extends Signatures>(
  name: string,
  requests: Requests,
  events: Events,
): Interface<Requests, Events> {
  const opcodes = new Map(Object.keys(requests).map((request, opcode) => [request, opcode]));
  return { name, requests, events, opcodes, eventList: Object.entries(events) };
}

// The interfaces that capture needs, from wayland.xml and the protocols of the same names. None of their events carries
// a descriptor, so an ordinary socket can read them.

export const WL_DISPLAY = describeInterface(
  'wl_display',
  { sync: 'n', get_registry: 'n' },
  { error: 'ous', delete_id: 'u' },
);
export const WL_REGISTRY = describeInterface('wl_registry', { bind: 'usun' }, { global: 'usu', global_remove: 'u' });
export const WL_CALLBACK = describeInterface('wl_callback', {}, { done: 'u' });
export const WL_SHM = describeInterface('wl_shm', { create_pool: 'nhi' }, { format: 'u' });
export const WL_SHM_POOL = describeInterface('wl_shm_pool', { create_buffer: 'niiiiu', destroy: '', resize: 'i' }, {});
export const WL_BUFFER = describeInterface('wl_buffer', { destroy: '' }, { release: '' });
export const WL_OUTPUT = describeInterface(
  'wl_output',
  { release: '' },
  { geometry: 'iiiiissi', mode: 'uiii', done: '', scale: 'i', name: 's', description: 's' },
);
export const WL_SEAT = describeInterface(
  'wl_seat',
  { get_pointer: 'n', get_keyboard: 'n', get_touch: 'n', release: '' },
  { capabilities: 'u', name: 's' },
);
/** Its events are unused: they report only the pointer's position on this program's own surfaces. */
export const WL_POINTER = describeInterface('wl_pointer', { set_cursor: 'uoii', release: '' }, {});

export const XDG_OUTPUT_MANAGER = describeInterface(
  'zxdg_output_manager_v1',
  { destroy: '', get_xdg_output: 'no' },
  {},
);
export const XDG_OUTPUT = describeInterface(
  'zxdg_output_v1',
  { destroy: '' },
  { logical_position: 'ii', logical_size: 'ii', done: '', name: 's', description: 's' },
);
export const OUTPUT_POWER_MANAGER = describeInterface(
  'zwlr_output_power_manager_v1',
  { get_output_power: 'no', destroy: '' },
  {},
);
export const OUTPUT_POWER = describeInterface(
  'zwlr_output_power_v1',
  { set_mode: 'u', destroy: '' },
  { mode: 'u', failed: '' },
);

export const WLR_SCREENCOPY_MANAGER = describeInterface(
  'zwlr_screencopy_manager_v1',
  { capture_output: 'nio', capture_output_region: 'nioiiii', destroy: '' },
  {},
);
export const WLR_SCREENCOPY_FRAME = describeInterface(
  'zwlr_screencopy_frame_v1',
  { copy: 'o', destroy: '', copy_with_damage: 'o' },
  {
    buffer: 'uuuu',
    flags: 'u',
    ready: 'uuu',
    failed: '',
    damage: 'uuuu',
    linux_dmabuf: 'uuu',
    buffer_done: '',
  },
);

export const EXT_OUTPUT_SOURCES = describeInterface(
  'ext_output_image_capture_source_manager_v1',
  { create_source: 'no', destroy: '' },
  {},
);
export const EXT_TOPLEVEL_SOURCES = describeInterface(
  'ext_foreign_toplevel_image_capture_source_manager_v1',
  { create_source: 'no', destroy: '' },
  {},
);
export const EXT_SOURCE = describeInterface('ext_image_capture_source_v1', { destroy: '' }, {});
export const EXT_CAPTURE_MANAGER = describeInterface(
  'ext_image_copy_capture_manager_v1',
  { create_session: 'nou', create_pointer_cursor_session: 'noo', destroy: '' },
  {},
);
export const EXT_SESSION = describeInterface(
  'ext_image_copy_capture_session_v1',
  { create_frame: 'n', destroy: '' },
  { buffer_size: 'uu', shm_format: 'u', dmabuf_device: 'a', dmabuf_format: 'ua', done: '', stopped: '' },
);
export const EXT_FRAME = describeInterface(
  'ext_image_copy_capture_frame_v1',
  { destroy: '', attach_buffer: 'o', damage_buffer: 'iiii', capture: '' },
  { transform: 'u', damage: 'iiii', presentation_time: 'uuu', ready: '', failed: 'u' },
);
export const EXT_CURSOR_SESSION = describeInterface(
  'ext_image_copy_capture_cursor_session_v1',
  { destroy: '', get_capture_session: 'n' },
  { enter: '', leave: '', position: 'ii', hotspot: 'ii' },
);

export const TOPLEVEL_LIST = describeInterface(
  'ext_foreign_toplevel_list_v1',
  { stop: '', destroy: '' },
  { toplevel: 'n', finished: '' },
);
export const TOPLEVEL_HANDLE = describeInterface(
  'ext_foreign_toplevel_handle_v1',
  { destroy: '' },
  { closed: '', done: '', title: 's', app_id: 's', identifier: 's' },
);
