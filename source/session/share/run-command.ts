import type { ShareCommand } from '../messages.js';
import type { Sharer } from './sharer.js';

/** Does what the person asked for. */
export async function runCommand(sharer: Sharer, command: ShareCommand): Promise<void> {
  switch (command.type) {
    case 'level':
      return sharer.setting({ level: command.level });
    case 'quality':
      return sharer.setting({ quality: command.quality });
    case 'fps':
      return sharer.setting({ fps: command.fps });
    case 'cursor':
      return sharer.setting({ cursor: command.shown ? 'shown' : 'hidden' });
    case 'pause':
      return sharer.setting({ paused: command.paused });
    case 'target':
      return sharer.switchTo(command.target);
    case 'consent':
      return sharer.answer(command.viewer, command.answer);
    case 'kick':
      return sharer.kick(command.viewer);
    case 'ban':
      return sharer.ban(command.viewer);
    case 'save-picture':
      return sharer.savePicture(command.file);
    case 'reset-figures':
      return sharer.resetFigures();
    case 'bakeoff':
      return sharer.bakeoff.begin(command.viewer, command.link);
    case 'end-bakeoff':
      return sharer.bakeoff.end();
    case 'encode-as':
      return sharer.encodeAs(command.viewer, command.choice);
    case 'thumbnail':
      return sharer.askThumbnails(command.size);
    case 'inspect':
      return sharer.inspection.look(command.messages);
    case 'export':
      return sharer.inspection.export(command.file);
    case 'stop':
      return sharer.close();
  }
}
