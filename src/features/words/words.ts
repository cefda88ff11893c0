import type { Feature } from '#src/features/contract/feature.ts';
import { type ServerVocabulary, serverVocabulary } from './server-vocabulary.ts';

declare module '#src/ports/feature-ports.ts' {
  interface FeaturePorts {
    readonly vocabulary: ServerVocabulary;
  }
}

/** Words of a server, which its recognisers and voices know. */
export const words: Feature = {
  name: 'words',
  open: () => ({
    shard: ({ parts, sessions }) => ({
      ports: { vocabulary: serverVocabulary(parts, sessions) },
    }),
  }),
};
