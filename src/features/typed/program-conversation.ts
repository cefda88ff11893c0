import { createHash } from 'node:crypto';
import { toNonEmptyText } from '#src/base/json.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type {
  ProgramMessage,
  ProgramPart,
  ProgramQuestion,
} from '#src/features/contract/http-api-ports.ts';
import type { ReplyStyle, Turn, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { Recordings } from '#src/sources/recordings.ts';
import { withTranscriptionOptions } from '#src/speech/hints.ts';
import { createBudgetError } from '#src/spending/reservation.ts';
import type { KeptWords } from './kept-words.ts';
import { transcribeSound } from './question-utterances.ts';

type ProgramConversationDeps = Deps<'clock' | 'spending' | 'transcriber'> & {
  readonly recordings: Recordings;
  readonly keptWords: KeptWords;
  /** System messages replace the instructions of this style. */
  readonly style: ReplyStyle;
};

type SoundTexts = ReadonlyMap<ProgramPart, string>;

/** The conversation that a program sent with its request, as a turn of a pipeline. */
export class ProgramConversation {
  readonly #question: ProgramQuestion;
  readonly #deps: ProgramConversationDeps;
  readonly #signal: AbortSignal;
  /** Content of the last message, which is the question. */
  readonly #questionParts: readonly ProgramPart[];

  /** Creates the conversation. Aborting `signal` ends its recognition with the reason. */
  constructor(
    question: ProgramQuestion,
    deps: ProgramConversationDeps,
    signal: AbortSignal,
  ) {
    this.#question = question;
    this.#deps = deps;
    this.#signal = signal;
    this.#questionParts = question.messages.at(-1)?.content ?? [];
  }

  /** Builds a turn at once, in which sounds have no words. */
  toKnownTurn(): Turn {
    return this.#toTurn(this.#question.messages, new Map(), []);
  }

  /**
   * Builds a turn, in which sounds become utterances. Throws errors of the
   * recogniser, and BotError `source.*` or `budget.used`.
   */
  async toRecognisedTurn(): Promise<Turn> {
    const { messages } = this.#question;
    const isHeard =
      this.#questionParts.some(({ input_audio }) => input_audio) &&
      !this.#questionParts.some(isPicture);
    const history = isHeard ? messages.slice(0, -1) : messages;
    const texts = new Map<ProgramPart, string>();
    for (const part of history.flatMap(({ content }) => content))
      if (part.input_audio) texts.set(part, await this.#recogniseSound(part));
    const utterances = await Array.fromAsync(
      isHeard ? this.#questionParts : [],
      (part) => this.#toUtterance(part),
    );
    return this.#toTurn(history, texts, utterances);
  }

  #toTurn(
    messages: readonly ProgramMessage[],
    texts: SoundTexts,
    utterances: readonly TurnUtterance[],
  ): Turn {
    const { style } = this.#deps;
    const isInstructed = this.#question.messages.some(({ role }) => role === 'system');
    return {
      utterances,
      style: isInstructed ? { ...style, instructions: '' } : style,
      history: messages.map((message) => toChatMessage(message, texts)),
      tools: [],
      sent: this.#question.sent,
    };
  }

  async #readSound({ input_audio }: ProgramPart) {
    const { guildId } = this.#question;
    const bytes = Buffer.from(`${input_audio?.data}`, 'base64');
    const file = { url: '', name: 'sound', bytes };
    return await this.#deps.recordings.read(guildId, file, this.#signal);
  }

  #recogniseSound(part: ProgramPart): Promise<string> {
    const { asker, guildId, keptFor, transcriptionModel: model } = this.#question;
    const { keptWords, spending, transcriber } = this.#deps;
    const hash = createHash('sha256')
      .update(`${part.input_audio?.data}`)
      .digest('base64');
    return keptWords.getOrMake(`${keptFor}${hash} ${model}`, async () => {
      const listening = spending.openRecordingBudget(guildId, asker.id);
      if ('line' in listening) throw createBudgetError(listening.cap);
      const recogniser = withTranscriptionOptions(
        transcriber.withReservation(listening.reservation),
        { model },
      );
      const pcm = await this.#readSound(part);
      return (await transcribeSound(pcm, recogniser, this.#signal)).text.trim();
    });
  }

  async #toUtterance(part: ProgramPart): Promise<TurnUtterance> {
    const { asker, messages } = this.#question;
    const atMs = this.#deps.clock.nowMs();
    return {
      speakerId: asker.id,
      name: toNonEmptyText(messages.at(-1)?.name) ?? '',
      fromMs: atMs,
      text: part.text,
      pcm: part.input_audio && (await this.#readSound(part)),
      transcript: async () => ({
        text: part.text ?? (await this.#recogniseSound(part)),
      }),
    };
  }
}

function toChatMessage({ content, ...fields }: ProgramMessage, texts: SoundTexts) {
  const parts = content.map((part) =>
    part.input_audio ? toTextPart(texts.get(part) || '(no words)') : part,
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

/** Wraps a text as a part of a program's message. */
export function toTextPart(text: string): ProgramPart {
  return { type: 'text', text };
}

/** Tests whether a part is a picture, which only a chat model takes. */
export function isPicture({ image_url }: ProgramPart): boolean {
  return image_url !== undefined;
}
