import { createHash } from 'node:crypto';
import { toNonEmptyText } from '#src/base/json.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type {
  ProgramMessage,
  ProgramPart,
  ProgramQuestion,
} from '#src/features/contract/http-api-ports.ts';
import type { ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { Recordings } from '#src/sources/recordings.ts';
import { withTranscriptionOptions } from '#src/speech/hints.ts';
import { createBudgetError } from '#src/spending/reservation.ts';
import type { KeptWords } from './kept-words.ts';
import { transcribeSound } from './question-utterances.ts';

type ProgramConversationDeps = Deps<'clock' | 'spending' | 'transcriber'> & {
  readonly recordings: Recordings;
  readonly kept: KeptWords;
  /** System messages replace the instructions of this style. */
  readonly style: ReplyStyle;
};

type SoundWords = ReadonlyMap<ProgramPart, string>;

/**
 * Creates the conversation of a request. Aborting `signal` ends its recognition with
 * the reason.
 */
export function createProgramConversation(
  {
    asker,
    guildId,
    keptFor,
    messages,
    sent,
    transcriptionModel: model,
  }: ProgramQuestion,
  { clock, kept, recordings, spending, style, transcriber }: ProgramConversationDeps,
  signal: AbortSignal,
) {
  const last = messages.at(-1)?.content ?? [];

  function toTurn(shown: readonly ProgramMessage[], words: SoundWords) {
    const isInstructed = messages.some(({ role }) => role === 'system');
    const history = shown.map((message) => toWordMessage(message, words));
    const own = isInstructed ? { ...style, instructions: '' } : style;
    return { utterances: [], style: own, history, tools: [], sent };
  }

  async function readSound({ input_audio }: ProgramPart) {
    const bytes = Buffer.from(`${input_audio?.data}`, 'base64');
    return await recordings.read(guildId, { url: '', name: 'sound', bytes }, signal);
  }

  function recogniseSounds(part: ProgramPart) {
    const hash = createHash('sha256')
      .update(`${part.input_audio?.data}`)
      .digest('base64');
    return kept.words(`${keptFor}${hash} ${model}`, async () => {
      const listening = spending.openRecordingBudget(guildId, asker.id);
      if ('line' in listening) throw createBudgetError(listening.cap);
      const recogniser = withTranscriptionOptions(
        transcriber.withReservation(listening.reservation),
        {
          model,
        },
      );
      return (
        await transcribeSound(await readSound(part), recogniser, signal)
      ).text.trim();
    });
  }

  async function toUtterance(part: ProgramPart) {
    const atMs = clock.nowMs();
    return {
      speakerId: asker.id,
      name: toNonEmptyText(messages.at(-1)?.name) ?? '',
      fromMs: atMs,
      text: part.text,
      pcm: part.input_audio && (await readSound(part)),
      transcript: async () => ({ text: part.text ?? (await recogniseSounds(part)) }),
    };
  }

  return {
    toKnownTurn: () => toTurn(messages, new Map()),

    /**
     * Builds a turn, in which sounds become utterances. Throws errors of the
     * recogniser, and BotError `source.*` or `budget.used`.
     */
    async toRecognisedTurn() {
      const isHeard =
        last.some(({ input_audio }) => input_audio) && !last.some(isPicture);
      const shown = isHeard ? messages.slice(0, -1) : messages;
      const words = new Map<ProgramPart, string>();
      for (const part of shown.flatMap(({ content }) => content))
        if (part.input_audio) words.set(part, await recogniseSounds(part));
      const said = await Array.fromAsync(isHeard ? last : [], toUtterance);
      return { ...toTurn(shown, words), utterances: said };
    },
  };
}

function toWordMessage({ content, ...fields }: ProgramMessage, words: SoundWords) {
  const parts = content.map((part) =>
    part.input_audio ? toTextPart(words.get(part) || '(no words)') : part,
  );
  const text = parts.map((part) => part.text ?? '').join('\n');
  // Plain text is one string, the form that every server takes.
  const isPlain = parts.every(
    (part) => part.text !== undefined && Object.keys(part).length === 2,
  );
  const written = text === '' && fields.role === 'assistant' ? null : text; // it called tools
  // `sent` holds the role, so the type of the message is not known here.
  return {
    role: fields.role,
    content: text,
    pictures: parts.flatMap(({ image_url }) => image_url?.url ?? []),
    sent: { ...fields, content: isPlain ? written : parts },
  } as ChatMessage;
}

export function toTextPart(text: string): ProgramPart {
  return { type: 'text', text };
}

/** Tests whether a part is a picture, which only a chat model takes. */
export function isPicture({ image_url }: ProgramPart): boolean {
  return image_url !== undefined;
}
