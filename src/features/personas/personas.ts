import type { Feature } from '#src/conversation/feature.ts';
import { PersonaRequests } from './persona-requests.ts';

/** Personas: name, instructions, voice and language of the bot in a voice channel. */
export const personas: Feature = {
  name: 'personas',
  open: () => ({
    shard: ({ parts, sessions }) => ({ ports: [new PersonaRequests(parts, sessions)] }),
  }),
};
