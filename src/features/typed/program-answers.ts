import type { Public } from '#src/base/public.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type {
  FailedStream,
  OpenStream,
  ProgramAnswer,
  ProgramQuestion,
  ProgramSpeech,
  ProgramText,
} from '#src/features/contract/http-api-ports.ts';
import {
  tooMuchAtOnce,
  WrittenAnswerConcurrency,
} from '#src/features/contract/written-answer-concurrency.ts';
import type { PipelineName, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import { styleIn } from '#src/settings/stored-settings.ts';
import type { Recordings } from '#src/sources/recordings.ts';
import { asking } from '#src/speech/hints.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { heldStream } from './held-stream.ts';
import { openSpeech } from './program-speech.ts';
import { once, orFault, transcribed } from './question-utterances.ts';
import { openUnspokenAnswer } from './unspoken-answer.ts';

/** Answers and texts that programs get at once in one server; what comes above it is refused. */
const mostInServer = 4;

export type ProgramAnswers = ReturnType<typeof programAnswers>;

/**
 * Answers and speech for programs, which no channel hears, within the budgets of their server and their token. Aborting `ending`
 * ends them.
 */
export function programAnswers(
  parts: SessionDependencies,
  sessions: VoiceSessions,
  recordings: Public<Recordings>,
  ending: AbortSignal,
) {
  const limits = new WrittenAnswerConcurrency(mostInServer, mostInServer);

  /** Opens a stream that counts for the limit of the server until it has been read. */
  async function placed<Part, Other extends { readonly kind: 'failed' | 'unspeakable' }>(
    { asker, guildId }: Pick<ProgramQuestion, 'asker' | 'guildId'>,
    signal: AbortSignal,
    open: (until: AbortSignal) => Promise<OpenStream<Part> | Other>,
  ): Promise<OpenStream<Part> | Other | FailedStream> {
    const place = limits.enter(guildId, asker.id);
    if (typeof place === 'string') return tooMuchAtOnce;
    using stack = new DisposableStack();
    stack.use(place);
    const until = AbortSignal.any([signal, ending]);
    const answer = await open(until);
    if (answer.kind !== 'open') return answer;
    return { kind: 'open', parts: heldStream(answer.parts, stack.move(), until) };
  }

  async function openAnswer(
    question: ProgramQuestion,
    signal: AbortSignal,
  ): Promise<ProgramAnswer> {
    const { guildId, asker, history, instructions, isSpoken, speechModel, voice } = question;
    const { clock, pipelines } = parts;
    const { settings } = sessions;
    await settings.load(guildId);
    const heard = await understand(question, signal);
    if ('line' in heard) return { kind: 'failed', line: heard.line };
    const atMs = clock.nowMs();
    const by = { speakerId: asker.id, fromMs: atMs, toMs: atMs };
    const said = heard.said.map((one) => ({ ...one, ...by }));
    const own = styleIn(settings.styleIn(guildId), { voice, model: speechModel });
    const style = instructions === undefined ? own : { ...own, instructions };
    const [standard = 'chained'] = pipelinesOf(guildId);
    const pipeline = isSpoken
      ? pipelines.open(question.pipeline ?? standard)
      : pipelines.textOnly();
    const turn = { said, style, history, tools: [] };
    const asked = { guildId, turn, pipeline, isWritten: !isSpoken };
    return openUnspokenAnswer(asked, parts, signal, question.onUsage);
  }

  /** A fault of a sound comes back as a line. */
  async function understand(
    { guildId, asker, said, transcriptionModel }: ProgramQuestion,
    signal: AbortSignal,
  ): Promise<{ readonly said: readonly Words[] } | { readonly line: TextLine }> {
    const words: Words[] = [];
    for (const one of said) {
      if (one.kind === 'typed') {
        const { name, text } = one;
        words.push({ name, text, transcript: async () => ({ text }) });
        continue;
      }
      const { name, bytes } = one;
      const listening = parts.spending.listenToRecording(guildId, asker.id);
      if ('line' in listening) return listening;
      const file = { url: '', name, bytes };
      const pcm = await orFault(recordings.read(file, signal), signal);
      if ('line' in pcm) return pcm;
      const paid = parts.transcriber.paidBy(listening.reservation);
      const recogniser = asking(paid, { model: transcriptionModel });
      const transcript = once(() => transcribed(pcm, recogniser, signal));
      words.push({ name, pcm, isRecording: true, transcript });
    }
    return { said: words };
  }

  /**
   * Pipelines that a program may ask for, the server's own first. A Realtime conversation belongs to one channel, so it is not
   * among them.
   */
  function pipelinesOf(guildId: string): readonly PipelineName[] {
    const own = sessions.settings.in(guildId).pipeline;
    const names = parts.pipelines.names.filter((name) => name !== 'realtime');
    return names.toSorted((one, other) => Number(other === own) - Number(one === own));
  }

  return {
    pipelines: pipelinesOf,

    /**
     * Begins an answer, if the budget and the limit of concurrent answers allow it.
     *
     * Reading its parts throws what a pipeline throws. Aborting `signal` throws its reason.
     */
    answer(question: ProgramQuestion, signal: AbortSignal): Promise<ProgramAnswer> {
      return placed(question, signal, (until) => openAnswer(question, until));
    },

    /**
     * Begins to speak a text, if the budget and the limit of concurrent answers allow it.
     *
     * Reading the sound, mono at `speakRateHz`, throws what a synthesizer throws. Aborting `signal` throws its reason.
     */
    speak(text: ProgramText, signal: AbortSignal): Promise<ProgramSpeech> {
      return placed(text, signal, (until) =>
        openSpeech('speech to a program', text, parts, sessions.settings, until),
      );
    },
  };
}

type Words = Omit<TurnUtterance, 'speakerId' | 'fromMs' | 'toMs'>;
