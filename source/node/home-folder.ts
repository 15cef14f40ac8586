import os from 'node:os';

/**
 * The user's folder, or null where there is none: a service or a container may have neither HOME nor an entry in the
 * system's list of users, of which Node makes an exception.
 */
export function homeFolder(ask: () => string = os.homedir): string | null {
  try {
    return ask() || null;
  } catch {
    return null;
  }
}
