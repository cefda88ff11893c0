import type { Quote } from '#src/conversation/mouth/pending-answer.ts';
import type { QueuedAnnouncement } from '#src/conversation/mouth/queued-speech.ts';
import type {
  writeInChat,
  writeUnspeakableWords,
} from '#src/notices/channel-notices.ts';
import { Owned } from '#src/people/owned.ts';
import type { AskOutcome } from '#src/ports/command-ports.ts';
import type { TypedMessages } from '#src/ports/typed-messages.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';

/** Words that a door takes or hands on. Checked by the compiler: where one becomes a string, `npm run types` fails here. */
type DoorWords = {
  readonly 'the chat of a channel': Parameters<VoiceChannelChatPoster['writeText']>[1];
  readonly 'a reply to a typed line': Parameters<TypedMessages['replyTo']>[1];
  readonly 'what has no voice': Parameters<typeof writeUnspeakableWords>[0];
  readonly 'what is written instead': Parameters<typeof writeInChat>[0];
  readonly 'an answer for a command or program': Extract<
    AskOutcome,
    { kind: 'answered' }
  >['text'];
  readonly 'a quote': Quote['text'];
  readonly 'a text to be read out': QueuedAnnouncement['clauses'][number];
};

test('a bare string passes no door', () => {
  expectTypeOf<DoorWords[keyof DoorWords]>().toEqualTypeOf<Owned<string>>();
  expectTypeOf<string>().not.toExtend<Owned<string>>();
  expectTypeOf<Owned<string>>().not.toExtend<string>();
  expectTypeOf<{ readonly owner: 'given' }>().not.toExtend<Owned<string>>();
  expect(Object.keys(new Owned('secret', 'given'))).toEqual(['owner']);
});
