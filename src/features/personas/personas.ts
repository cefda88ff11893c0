import type { Feature } from '#src/conversation/feature.ts';
import { becomePersona } from './become-persona-tool.ts';
import { PersonaRequests } from './persona-requests.ts';

/** Personas: names, manners and voices that a server has written for the bot. */
export const personas: Feature = {
  name: 'personas',
  tools: [becomePersona],
  open: ({ files }) => ({
    shard: ({ parts, sessions, signal }) => ({
      ports: [new PersonaRequests(parts, sessions, files, signal)],
    }),
  }),
};
