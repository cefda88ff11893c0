import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type {
  FailedStream,
  OpenStream,
  ProgramAnswer,
  ProgramQuestion,
  ProgramSpeech,
  ProgramText,
  ProgramUtterance,
} from '#src/features/contract/http-api-ports.ts';
import { soundSourceErrorText } from '#src/features/tracks/sound-source-error-texts.ts';
import type { PipelineName, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { RecordingReader } from '#src/sources/fetch/ports.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { openSpeech } from './program-speech.ts';
import { once, transcribed } from './question-utterances.ts';
import { openUnspokenAnswer } from './unspoken-answer.ts';

/** Answers and texts that programs get at once in one server; what comes above it is refused. */
const mostInServer = 4;

/** Answers and speech for programs, which no channel hears, within the budgets of their server and their token. */
export class ProgramAnswers {
  readonly #parts: SessionDependencies;
  readonly #sessions: VoiceSessions;
  readonly #recordings: RecordingReader;
  readonly #signal: AbortSignal;
  readonly #underWay = new Map<string, number>();

  /** Aborting `signal` ends the answers that are being made. */
  constructor(
    parts: SessionDependencies,
    sessions: VoiceSessions,
    recordings: RecordingReader,
    signal: AbortSignal,
  ) {
    this.#parts = parts;
    this.#sessions = sessions;
    this.#recordings = recordings;
    this.#signal = signal;
  }

  /**
   * Pipelines that a program may ask for, the server's own first. A Realtime conversation belongs to one channel, so it is not
   * among them.
   */
  pipelines(guildId: string): readonly PipelineName[] {
    const { settings } = this.#sessions;
    const own = settings.in(guildId).pipeline;
    const names = this.#parts.pipelines.names.filter((name) => name !== 'realtime');
    return names.toSorted((one, other) => Number(other === own) - Number(one === own));
  }

  /**
   * Begins an answer, if the budget and the limit of concurrent answers allow it.
   *
   * Reading its parts throws what a pipeline throws. Aborting `signal` throws its reason.
   */
  answer(question: ProgramQuestion, signal: AbortSignal): Promise<ProgramAnswer> {
    return this.#placed(question.guildId, signal, (until) => this.#open(question, until));
  }

  /**
   * Begins to speak a text, if the budget and the limit of concurrent answers allow it.
   *
   * Reading the sound, mono at `speakRateHz`, throws what a synthesizer throws. Aborting `signal` throws its reason.
   */
  speak(text: ProgramText, signal: AbortSignal): Promise<ProgramSpeech> {
    const { settings } = this.#sessions;
    return this.#placed(text.guildId, signal, (until) =>
      openSpeech('speech to a program', text, this.#parts, settings, until),
    );
  }

  /** Opens a stream that counts for the limit of the server until it has been read. */
  async #placed<Part, Other extends { readonly kind: 'failed' | 'unspeakable' }>(
    guildId: string,
    signal: AbortSignal,
    open: (until: AbortSignal) => Promise<OpenStream<Part> | Other>,
  ): Promise<OpenStream<Part> | Other | FailedStream> {
    const count = this.#underWay.get(guildId) ?? 0;
    if (count >= mostInServer) return failed({ id: 'ask.dropped' });
    this.#underWay.set(guildId, count + 1);
    using stack = new DisposableStack();
    stack.defer(() => this.#underWay.set(guildId, (this.#underWay.get(guildId) ?? 1) - 1));
    const until = AbortSignal.any([signal, this.#signal]);
    const answer = await open(until);
    if (answer.kind !== 'open') return answer;
    const place = stack.move();
    // A stream whose reading never begins.
    until.addEventListener('abort', () => place.dispose(), { once: true });
    if (until.aborted) place.dispose();
    return { kind: 'open', parts: whileOpen(answer.parts, place) };
  }

  async #open(question: ProgramQuestion, signal: AbortSignal): Promise<ProgramAnswer> {
    const { guildId, asker, history, instructions, isSpoken, speechModel, voice } = question;
    const { clock, pipelines } = this.#parts;
    const { settings } = this.#sessions;
    await settings.load(guildId);
    const heard = await this.#understand(question, signal);
    if ('line' in heard) return failed(heard.line);
    const atMs = clock.nowMs();
    const said = heard.said.map((one) => ({
      ...one,
      speakerId: asker.id,
      fromMs: atMs,
      toMs: atMs,
    }));
    const own = settings.styleIn(guildId);
    const style = {
      ...own,
      ...(instructions !== undefined && { instructions }),
      voice: {
        ...own.voice,
        ...(voice !== undefined && { name: voice }),
        ...(speechModel !== undefined && { model: speechModel }),
      },
    };
    const [standard = 'chained'] = this.pipelines(guildId);
    const pipeline = isSpoken
      ? pipelines.open(question.pipeline ?? standard)
      : pipelines.textOnly();
    const turn = { said, style, history, tools: [] };
    const asked = { guildId, turn, pipeline, isWritten: !isSpoken };
    return openUnspokenAnswer(asked, this.#parts, signal, question.onUsage);
  }

  /** A fault of a sound comes back as a line. */
  async #understand(
    { guildId, asker, said, transcriptionModel }: ProgramQuestion,
    signal: AbortSignal,
  ): Promise<{ readonly said: readonly Words[] } | { readonly line: TextLine }> {
    const { spending, transcriber } = this.#parts;
    if (said.every(({ kind }) => kind === 'typed')) return { said: said.flatMap(typedWords) };
    const listening = spending.listenToRecording(guildId, asker.id);
    if ('line' in listening) return { line: listening.line };
    const recogniser = withModel(transcriber.paidBy(listening.reservation), transcriptionModel);
    const words: Words[] = [];
    try {
      for (const one of said) {
        if (one.kind === 'typed') words.push(...typedWords(one));
        else words.push(await this.#spokenWords(one, asker.id, recogniser, signal));
      }
      return { said: words };
    } catch (error) {
      const line = signal.aborted ? undefined : soundSourceErrorText(error, 'recording');
      if (!line) throw error;
      return { line };
    }
  }

  async #spokenWords(
    { name, bytes }: Extract<ProgramUtterance, { kind: 'spoken' }>,
    personId: string,
    transcriber: Transcriber,
    signal: AbortSignal,
  ): Promise<Words> {
    const pcm = await this.#recordings.read({ url: '', name, bytes, personId }, signal);
    const transcript = once(() => transcribed(pcm, transcriber, signal));
    return { name, pcm, isRecording: true, transcript };
  }
}

type Words = Omit<TurnUtterance, 'speakerId' | 'fromMs' | 'toMs'>;

/** A recogniser of one model hears with that. */
function withModel(transcriber: Transcriber, model: string | undefined): Transcriber {
  if (model === undefined) return transcriber;
  return transcriber.withOptions?.({ model }) ?? transcriber;
}

function typedWords(one: ProgramUtterance): readonly Words[] {
  if (one.kind !== 'typed') return [];
  const { name, text } = one;
  return [{ name, text, transcript: async () => ({ text }) }];
}

async function* whileOpen<T>(parts: AsyncIterable<T>, place: Disposable): AsyncGenerator<T> {
  using _ = place;
  yield* parts;
}

function failed(line: TextLine): FailedStream {
  return { kind: 'failed', line };
}
