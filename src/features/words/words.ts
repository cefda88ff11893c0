import type { Feature } from '#src/features/contract/feature.ts';
import { type ServerVocabulary, serverVocabulary } from './server-vocabulary.ts';

type WordPorts = {
  readonly vocabulary: ServerVocabulary;
};

/** Words of a server, which its recognisers and voices know. */
export const words: Feature<WordPorts> = {
  name: 'words',
  open: () => ({
    shard: ({ parts, sessions }) => ({
      ports: { vocabulary: serverVocabulary(parts, sessions) },
    }),
  }),
};
