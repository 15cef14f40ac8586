/** Whether this process runs inside of a Wayland session, as the environment has it. */
export function isWayland(environment: NodeJS.ProcessEnv): boolean {
  return Boolean(environment.WAYLAND_DISPLAY) || environment.XDG_SESSION_TYPE === 'wayland';
}
