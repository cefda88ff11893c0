import type { CommandGroup } from '#src/features/contract/command.ts';
import { allow } from './allow.ts';
import { deny } from './deny.ts';
import { exportAll } from './export.ts';
import { forget } from './forget.ts';
import { memories } from './memories.ts';
import { pause } from './pause.ts';
import { resume } from './resume.ts';
import { status } from './status.ts';

export const privacy: CommandGroup = {
  name: 'privacy',
  description: 'command.privacy.status',
  help: {
    topic: 'privacy',
    command: 'privacy allow',
    for: 'everybody',
    line: () => ({ id: 'help.privacy' }),
  },
  commands: [status, allow, deny, pause, resume, forget, exportAll, memories],
};
