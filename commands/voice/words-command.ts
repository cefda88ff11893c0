import { findClosestNames, findNearestNames } from '#commands/closest-names.ts';
import { toNotManagingReply } from '#commands/command-rights.ts';
import type {
  Command,
  CommandCall,
  Replies,
  Reply,
  SuggestValues,
} from '#src/features/command.ts';
import type {
  ServerVocabulary,
  WordAddOutcome,
  WordList,
} from '#src/features/words/server-vocabulary.ts';
import type { ServerWord } from '#src/settings/stored-vocabulary-words.ts';
import { truncate } from '#src/texts/plain-text.ts';
import { toOptionalLines } from '#src/texts/texts.ts';
import { formatList } from './voice-option.ts';

/** More than a word may have, so that the bot can refuse a longer one. */
const [maxWordChars, maxSayChars] = [100, 200];

const suggestKnownWords: SuggestValues = async (typed, { guildId }, { features }) =>
  findClosestNames(
    typed,
    (await features.vocabulary.listWords(guildId)).words.map(({ word }) => word),
  );

/** `/voice words`: words that the bot knows, and their pronunciation. */
export const words: Command = {
  name: 'words',
  description: 'command.voice.words',
  options: [
    {
      name: 'add',
      description: 'command.voice.words.add',
      kind: 'text',
      maxChars: maxWordChars,
      suggest: suggestKnownWords,
    },
    {
      name: 'say',
      description: 'command.voice.words.say',
      kind: 'text',
      maxChars: maxSayChars,
    },
    {
      name: 'remove',
      description: 'command.voice.words.remove',
      kind: 'text',
      maxChars: maxWordChars,
      suggest: suggestKnownWords,
    },
  ],
  async run(call, { features }) {
    const { add, remove, say } = call.inputs;
    if ((add ?? remove ?? say) === undefined)
      return formatServerWords(await features.vocabulary.listWords(call.guildId));
    const denied = toNotManagingReply(call);
    if (denied) return [denied];
    if ((add === undefined) === (remove === undefined)) return [{ id: 'words.both' }];
    return remove === undefined
      ? [toAddedReply(await features.vocabulary.addWord(call.guildId, add ?? '', say))]
      : [await toRemovedReply(remove, call, features.vocabulary)];
  },
};

function toAddedReply(adding: WordAddOutcome): Reply {
  switch (adding.kind) {
    case 'added':
    case 'replaced': {
      const { word, say } = adding.word;
      const lines = toOptionalLines(!adding.saved, { id: 'voice.unsaved' });
      return say === undefined
        ? { id: 'words.added', with: { word }, lines }
        : { id: 'words.added.say', with: { word, say }, lines };
    }
    case 'bad-word':
      return { id: 'words.bad', with: { n: adding.maxChars } };
    case 'bad-say':
      return { id: 'words.bad.say', with: { n: adding.maxChars } };
    case 'full':
      return {
        id: 'limit',
        with: { limit: adding.limit, command: '/voice words remove' },
      };
  }
}

async function toRemovedReply(
  typed: string,
  { guildId }: CommandCall,
  control: ServerVocabulary,
) {
  const removal = await control.removeWord(guildId, typed);
  if (removal.kind === 'removed') {
    const { word } = removal;
    const lines = toOptionalLines(!removal.saved, { id: 'voice.unsaved' });
    return { id: 'words.removed', with: { word }, lines } as const;
  }
  const x = truncate(typed, maxWordChars);
  const close = findNearestNames(typed, removal.known).join(', ');
  return close === ''
    ? ({ id: 'words.none' } as const)
    : ({ id: 'unknown.of', with: { x, list: close } } as const);
}

/** Lists the server's words. A long list is a file. */
function formatServerWords({ isRead, limit, words: entries }: WordList): Replies {
  if (!isRead) return [{ id: 'store.unread' }];
  if (entries.length === 0) return [{ id: 'words.none' }];
  const { text, files } = formatList('words.txt', entries.map(formatServerWord));
  const n = entries.length;
  return [{ id: 'words.list', with: { n, limit, words: text }, files }];
}

function formatServerWord({ word, say }: ServerWord) {
  return say === undefined ? word : `${word} (${say})`;
}
