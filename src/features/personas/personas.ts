import type { Feature } from '#src/conversation/feature.ts';
import { becomePersona } from './become-tool.ts';
import { SessionPersonas } from './session-personas.ts';

/** Personas: names, manners and voices that a server has written for the bot. */
export const personas: Feature = {
  name: 'personas',
  tools: [becomePersona],
  open: ({ files }) => ({
    shard: ({ parts, sessions, signal }) => ({
      ports: [new SessionPersonas(parts, sessions, files, signal)],
    }),
  }),
};
