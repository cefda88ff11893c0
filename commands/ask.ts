import { deny, pauseHearing } from '#commands/privacy/privacy.ts';
import { createVoiceOption } from '#commands/voice/voice-option.ts';
import { transcriptSubjects } from '#src/features/captions/transcripts/transcript-stores.ts';
import type {
  Command,
  CommandCall,
  CommandPorts,
  MessageCommand,
  Replies,
  Reply,
} from '#src/features/command.ts';
import type {
  AskOutcome,
  QuestionSubject,
  ReplyAudience,
} from '#src/ports/command-ports.ts';
import { type AnyLine, formatText } from '#src/texts/texts.ts';
import type { WishKind } from '#src/turn/overlap/interjections.ts';
import { formatQuotes, toUnknownValueReply } from './captions/transcript.ts';
import { findChannelObjection, nowhereReply } from './command-rights.ts';
import { leave } from './leave.ts';
import { stop } from './stop.ts';

/** The deadlines of the model are shorter. */
export const maxAskMs = 870_000;

/** Commands that people may ask for in words. Their answers come from no model. */
const wishedCommands: Readonly<Record<WishKind, Command>> = {
  stop,
  leave,
  no: deny,
  pause: pauseHearing,
};

const askMedia = ['voice', 'text', 'only me'] as const;
type AskMedium = (typeof askMedia)[number];

/** `/ask`: a question aloud, in writing, for the caller alone, or about a transcript. */
export const ask: Command = {
  name: 'ask',
  description: 'command.ask',
  help: {
    topic: 'ask',
    command: 'ask',
    buildLine: () => ({ id: 'help.ask' }),
  },
  shownTo: ({ inputs }) =>
    inputs.answer === 'only me' || inputs.about ? 'caller' : 'room',
  longestMs: maxAskMs,
  findWished({ guildId, inputs }, { features }) {
    const wish = features.typed.findWish(guildId, inputs.question ?? '');
    return wish && wishedCommands[wish.kind];
  },
  options: [
    {
      name: 'question',
      description: 'command.ask.question',
      kind: 'text',
      maxChars: 1000,
      isProse: true,
    },
    { name: 'recording', description: 'command.ask.sound', kind: 'sound' },
    { name: 'picture', description: 'command.ask.picture', kind: 'file' },
    { name: 'link', description: 'command.ask.link', kind: 'text', maxChars: 500 },
    {
      name: 'answer',
      description: 'command.ask.answer',
      kind: 'choice',
      values: askMedia,
    },
    {
      name: 'about',
      description: 'command.ask.about',
      kind: 'choice',
      values: transcriptSubjects,
    },
    createVoiceOption('command.say.voice'),
  ],
  async run(call, ports) {
    const { features, sessions } = ports;
    const question = toQuestion(call);
    const files = toQuestionFiles(call, question);
    if ('refusal' in files) return [files.refusal];
    if (call.inputs.about) return await askTranscript(call, ports, question);
    const medium = getAskMedium(call, sessions);
    const objection =
      medium === 'voice' ? findChannelObjection(call, ports) : undefined;
    if (objection) return [objection];
    const form = medium === 'only me' ? 'text' : medium;
    const { placeId, inputs } = call;
    const about = {
      ...files,
      askedInId: medium === 'text' ? placeId : undefined,
      manner: inputs.voice === undefined ? undefined : { voice: inputs.voice },
    };
    const asking = await features.typed.askQuestion(
      call.guildId,
      question,
      call.caller,
      form,
      about,
    );
    return toAskReply(asking, medium === 'only me' ? 'caller' : 'room');
  },
};

/** An entry in the menu of a message: answers a question about that message. */
export const askAbout: MessageCommand = {
  label: 'ask.about',
  longestMs: maxAskMs,
  async run(call, { features }) {
    const { guildId, caller, message } = call;
    if (!message) return [{ id: 'say.empty' }];
    const question = formatText('ask.about.question', {}, caller.locale);
    const asking = await features.typed.askAboutMessage(
      guildId,
      question,
      caller,
      message,
    );
    return toAskReply(asking, 'caller');
  },
};

function toQuestion({ caller, file, inputs }: CommandCall): string {
  const defaultQuestion = file
    ? formatText('ask.about.question', {}, caller.locale)
    : '';
  return inputs.question?.trim() || defaultQuestion;
}

function toQuestionFiles(
  { file, sound, inputs }: CommandCall,
  question: string,
):
  | { readonly refusal: Reply }
  | Pick<QuestionSubject, 'link' | 'pictures' | 'recording'> {
  if (file && inputs.about) return { refusal: { id: 'fail.picture' } };
  const link = inputs.link?.trim() || undefined;
  if (!link && !sound && !/[\p{L}\p{N}]/u.test(question))
    return { refusal: { id: 'say.empty' } };
  return { recording: sound, link, pictures: file && [file] };
}

async function askTranscript(
  { guildId, caller, inputs }: CommandCall,
  { features, guilds }: CommandPorts,
  question: string,
): Promise<Replies> {
  const about = transcriptSubjects.find((subject) => subject === inputs.about);
  if (about === undefined) return toUnknownValueReply(inputs.about);
  if (!/[\p{L}\p{N}]/u.test(question)) return [{ id: 'say.empty' }];
  const outcome = await features.transcripts.askModel(guildId, caller.id, {
    question,
    about,
  });
  return formatQuotes(outcome, guilds.getTimes(guildId));
}

/** Chooses how to answer. Default: aloud if the bot sits in a channel. */
function getAskMedium(
  { guildId, inputs }: CommandCall,
  sessions: CommandPorts['sessions'],
): AskMedium {
  const chosenMedium = askMedia.find((medium) => medium === inputs.answer);
  return chosenMedium ?? (sessions.at(guildId) ? 'voice' : 'text');
}

/** Builds a reply. Words of another channel are for the caller alone. */
export function toAskReply(asking: AskOutcome, to: ReplyAudience): Replies {
  switch (asking.kind) {
    case 'answered': {
      const { confirmation, text } = asking;
      const answer = text.map(
        (words): AnyLine => ({ id: 'ask.answer', with: { answer: words } }),
      );
      const waiting = confirmation && {
        lines: [confirmation.line],
        buttons: [confirmation.button],
      };
      return [{ id: 'ask.unknown', words: [answer], to, ...waiting }];
    }
    case 'failed':
      return [asking.line];
    case 'nowhere':
      return [nowhereReply];
  }
}
