import type { Feature } from '#src/conversation/feature.ts';
import { ServerVocabulary } from './server-vocabulary.ts';

/** Words of a server, which its recognisers and voices know. */
export const words: Feature = {
  name: 'words',
  open: () => ({
    shard: ({ parts, sessions }) => ({ ports: [new ServerVocabulary(parts, sessions)] }),
  }),
};
