import type { Feature } from '#src/features/contract/feature.ts';
import { ServerVocabulary } from './server-vocabulary.ts';

type WordPorts = {
  readonly vocabulary: ServerVocabulary;
};

/**
 * Words of a server for its recognisers and voices.
 *
 * @example
 * import { wordsFeature } from '#src/features/words/words-feature.ts';
 *
 * wordsFeature.name; // 'words'
 */
export const wordsFeature: Feature<WordPorts> = {
  name: 'words',
  open: () => ({
    openShard: ({ deps, sessions }) => ({
      ports: { vocabulary: new ServerVocabulary(deps, sessions.settings) },
    }),
  }),
};
