import os from 'node:os';

/**
 * The user's home folder, or null: a service or container may have neither HOME nor a passwd entry, for which Node
 * throws.
 */
export function homeFolder(ask: () => string = os.homedir): string | null {
  try {
    return ask() || null;
  } catch {
    return null;
  }
}
