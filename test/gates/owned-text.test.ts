import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { ToolPorts } from '#src/conversation/tools/tool-entry.ts';
import type { OpenedReply, Reply } from '#src/features/command.ts';
import { openReply } from '#src/features/open-reply.ts';
import { ErasedWords, Owned } from '#src/people/owned.ts';
import type { TypedMessages } from '#src/ports/typed-messages.ts';
import type {
  PersonalLine,
  VoiceChannelChatPoster,
} from '#src/ports/voice-channel-chat-poster.ts';
import type { TextLine } from '#src/texts/texts.ts';

const text = 'Bob owes me ten.';
const said = {
  id: 'find.line',
  with: { time: '20:00', name: 'Bob', text },
} as const;
const lounge = { guildId: toGuildId('1'), channelId: toChannelId('2'), name: 'Lounge' };
const ana = toPersonId('3');
const bob = toPersonId('4');

const plainFile = { name: 'a.txt', text };

/** Plain words at each door by which words leave. Compiled only. */
const plantedLeaks = {
  // @ts-expect-error: A sentence of the bot holds no words of people.
  sentence: said satisfies TextLine,
  // @ts-expect-error: Nobody asked whether the reader of the reply may know the words.
  reply: said satisfies Reply,
  // @ts-expect-error: A line below a reply is asked about, too.
  replyLines: { id: 'confirm.done', lines: [said] } satisfies Reply,
  // @ts-expect-error: A file of a reply is asked about, too.
  replyFile: { id: 'confirm.done', files: [plainFile] } satisfies Reply,
  // @ts-expect-error: A reply with words is opened by `openReply` alone.
  unopened: ((reply: Reply) => reply) satisfies (reply: Reply) => OpenedReply,
  // @ts-expect-error: A line with a mention has an owner.
  mention: { personId: ana, text } satisfies PersonalLine,
  doors(
    poster: VoiceChannelChatPoster,
    typed: TypedMessages,
    channel: ToolPorts['channel'],
    signal: AbortSignal,
  ) {
    const message = { ...lounge, messageId: '5' } as never;
    return [
      // @ts-expect-error: Words in a chat have an owner.
      poster.writeText(lounge, text, signal),
      // @ts-expect-error: Words in a direct message have an owner.
      poster.tellPerson(ana, text, signal),
      // @ts-expect-error: Words above a button have an owner.
      poster.offerButtons(lounge, said, [], signal),
      // @ts-expect-error: An answer to a typed message has an owner.
      typed.replyTo(message, text, signal),
      // @ts-expect-error: A text that a tool posts has an owner.
      channel.post(text, signal),
    ];
  },
};

test('plain words compile at no door', () =>
  expect(Object.keys(plantedLeaks)).toContain('doors'));

test('a reply is opened for its reader as it leaves, and not once its words were erased', async () => {
  const erasedWords = new ErasedWords();
  const readErased = (isInside: boolean) => {
    const sources = erasedWords.beginReading().toSources((id) => id === bob);
    const owned = new Owned(said, { channelId: lounge.channelId }, sources);
    const reader = { personId: ana, mayOpen: async () => isInside };
    return { open: () => openReply({ id: 'ask.unknown', words: [owned] }, reader) };
  };
  expect(await readErased(true).open()).toMatchObject(said);
  expect(await readErased(false).open()).toEqual({ id: 'ask.unknown' });
  const late = readErased(true);
  erasedWords.noteErasure(ana);
  expect(await late.open()).toMatchObject(said);
  erasedWords.noteErasure(bob);
  expect(await late.open()).toEqual({ id: 'words.erased' });
  expect(await readErased(true).open()).toMatchObject(said);
});
