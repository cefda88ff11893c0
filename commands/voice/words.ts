import { closest, nearest } from '#commands/closest-names.ts';
import { notManaging } from '#commands/rights.ts';
import type { Public } from '#src/base/public.ts';
import type { Command, CommandCall, Replies, Reply, Suggest } from '#src/features/command.ts';
import type {
  ServerVocabulary,
  WordAdding,
  WordList,
} from '#src/features/words/server-vocabulary.ts';
import type { ServerWord } from '#src/settings/stored-vocabulary-words.ts';
import { cut } from '#src/texts/plain.ts';
import { lineIf } from '#src/texts/texts.ts';
import { shownList } from './voice-option.ts';

/** Most characters that can be typed: more than are allowed, so that a longer word is noticed. */
const [maxWordChars, maxSayChars] = [100, 200];

const known: Suggest = async (typed, { guildId }, { features }) =>
  closest(
    typed,
    (await features.vocabulary.list(guildId)).words.map(({ word }) => word),
  );

export const words: Command = {
  name: 'words',
  description: 'command.voice.words',
  options: [
    {
      name: 'add',
      description: 'command.voice.words.add',
      kind: 'text',
      maxChars: maxWordChars,
      suggest: known,
    },
    { name: 'say', description: 'command.voice.words.say', kind: 'text', maxChars: maxSayChars },
    {
      name: 'remove',
      description: 'command.voice.words.remove',
      kind: 'text',
      maxChars: maxWordChars,
      suggest: known,
    },
  ],
  async run(call, { features }) {
    const { add, remove, say } = call.words;
    if ((add ?? remove ?? say) === undefined)
      return listed(await features.vocabulary.list(call.guildId));
    const denied = notManaging(call);
    if (denied) return [denied];
    if ((add === undefined) === (remove === undefined)) return [{ id: 'words.both' }];
    return remove === undefined
      ? [addedReply(await features.vocabulary.add(call.guildId, add ?? '', say))]
      : [await removed(remove, call, features.vocabulary)];
  },
};

function addedReply(adding: WordAdding): Reply {
  switch (adding.kind) {
    case 'added':
    case 'replaced': {
      const { word, say } = adding.word;
      const lines = lineIf(!adding.saved, { id: 'voice.unsaved' });
      return say === undefined
        ? { id: 'words.added', with: { word }, lines }
        : { id: 'words.added.say', with: { word, say }, lines };
    }
    case 'bad-word':
      return { id: 'words.bad', with: { n: adding.mostChars } };
    case 'bad-say':
      return { id: 'words.bad.say', with: { n: adding.mostChars } };
    case 'full':
      return {
        id: 'limit',
        with: { limit: adding.limit, command: '/voice words remove' },
      };
  }
}

async function removed(typed: string, { guildId }: CommandCall, control: Public<ServerVocabulary>) {
  const removal = await control.remove(guildId, typed);
  if (removal.kind === 'removed') {
    const { word } = removal;
    const lines = lineIf(!removal.saved, { id: 'voice.unsaved' });
    return { id: 'words.removed', with: { word }, lines } as const;
  }
  const x = cut(typed, maxWordChars);
  const close = nearest(typed, removal.known).join(', ');
  return close === ''
    ? ({ id: 'words.none' } as const)
    : ({ id: 'unknown.of', with: { x, list: close } } as const);
}

function listed({ isRead, limit, words: all }: WordList): Replies {
  if (!isRead) return [{ id: 'store.unread' }];
  if (all.length === 0) return [{ id: 'words.none' }];
  const lines = all.map(({ word, say }: ServerWord) =>
    say === undefined ? word : `${word} (${say})`,
  );
  const { more, shown } = shownList('words.txt', lines);
  return [{ id: 'words.list', with: { n: all.length, limit, words: shown }, ...more }];
}
