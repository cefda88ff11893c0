import type { Feature } from '#src/features/contract/feature.ts';
import { PersonaRequests } from './persona-requests.ts';
import { persona } from './persona-tool.ts';

declare module '#src/ports/feature-ports.ts' {
  interface FeaturePorts {
    readonly personas: PersonaRequests;
  }
}

/** Personas: name, instructions, voice and language of the bot in a voice channel. */
export const personas: Feature = {
  name: 'personas',
  tools: [persona],
  open: () => ({
    shard: ({ parts, sessions }) => ({ ports: { personas: new PersonaRequests(parts, sessions) } }),
  }),
};
