import { describeInterface } from '../capture/wayland/interfaces.js';

// The Wayland interfaces that a program needs to draw in a window (wayland.xml, xdg-shell.xml).

export const WL_COMPOSITOR = describeInterface('wl_compositor', { create_surface: 'n', create_region: 'n' }, {});
export const WL_SURFACE = describeInterface(
  'wl_surface',
  {
    destroy: '',
    attach: 'oii',
    damage: 'iiii',
    frame: 'n',
    set_opaque_region: 'o',
    set_input_region: 'o',
    commit: '',
    set_buffer_transform: 'i',
    set_buffer_scale: 'i',
    damage_buffer: 'iiii',
  },
  { enter: 'o', leave: 'o' },
);
export const XDG_WM_BASE = describeInterface(
  'xdg_wm_base',
  { destroy: '', create_positioner: 'n', get_xdg_surface: 'no', pong: 'u' },
  { ping: 'u' },
);
export const XDG_SURFACE = describeInterface(
  'xdg_surface',
  { destroy: '', get_toplevel: 'n', get_popup: 'noo', set_window_geometry: 'iiii', ack_configure: 'u' },
  { configure: 'u' },
);
export const XDG_TOPLEVEL = describeInterface(
  'xdg_toplevel',
  {
    destroy: '',
    set_parent: 'o',
    set_title: 's',
    set_app_id: 's',
    show_window_menu: 'ouii',
    move: 'ou',
    resize: 'ouu',
    set_max_size: 'ii',
    set_min_size: 'ii',
    set_maximized: '',
    unset_maximized: '',
    set_fullscreen: 'o',
    unset_fullscreen: '',
    set_minimized: '',
  },
  { configure: 'iia', close: '' },
);
