import type { Pcm } from '#src/audio/pcm.ts';
import { within } from '#src/base/waiting.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import { soundSourceErrorText } from '#src/conversation/alerts/sound-source-error-texts.ts';
import {
  mayShowTo,
  messagesOf,
  type RememberedExchange,
} from '#src/conversation/answering/conversation-history.ts';
import type { WrittenAnswerConcurrency } from '#src/conversation/answering/written-answer-concurrency.ts';
import type { PaidPipeline } from '#src/conversation/engines/paid-engines.ts';
import { styleIn } from '#src/conversation/engines/reply-style.ts';
import { SpeakerLanguages } from '#src/conversation/languages/speaker-languages.ts';
import type {
  AnswerForm,
  Asker,
  AskOutcome,
  QuestionSubject,
  SpokenManner,
} from '#src/conversation/ports/command-ports.ts';
import type { ServerToolPorts } from '#src/conversation/ports/tool-definition.ts';
import type { DropReason } from '#src/conversation/queue/queued-turn.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { SessionSources } from '#src/conversation/session-sources.ts';
import type { GuildSettings } from '#src/conversation/settings/guild-settings.ts';
import type { PromptWords } from '#src/conversation/tools/tool-rule.ts';
import type { VoiceSession } from '#src/conversation/voice-session.ts';
import type { VoiceSessions } from '#src/conversation/voice-sessions.ts';
import { MemoryCache } from '#src/features/memories/memory-cache.ts';
import { memorySetting } from '#src/features/memories/memory-setting.ts';
import {
  memoryContext,
  ownMemories,
  usableMemories,
} from '#src/features/memories/usable-memories.ts';
import type { SayOptions, SayOutcome } from '#src/features/typed/say-outcomes.ts';
import type { TextOwner } from '#src/people/confidential-text.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import type { RecordingReader, SoundFile } from '#src/sources/fetch/ports.ts';
import {
  type CommandMaterial,
  type RecordedSound,
  recogniserOf,
  utterancesOf,
} from './question-utterances.ts';
import { sayIn } from './say-text.ts';
import { answerInFile } from './sound-answer.ts';
import { droppedFor, nowhere, questionOf } from './typed-question.ts';
import { answerInWriting, type WrittenQuestion } from './written-answer.ts';
import { WrittenTools } from './written-tools.ts';

/** Longest wait, in ms, for an answer aloud; afterwards the answer is heard without being shown. */
const longestAloudMs = 50_000;

/** Typed requests: texts to read out, questions, and the command to be silent. */
export class TypedRequests {
  readonly #recordings: RecordingReader;
  readonly #writtenQuestions: WrittenAnswerConcurrency;
  readonly #longestWritingMs: number;
  readonly #parts: SessionDependencies;
  readonly #sessions: VoiceSessions;
  readonly #signal: AbortSignal;
  readonly #tools: SessionSources['tools'];

  /** Aborting `signal` ends the answers that are being written. */
  constructor(
    parts: SessionDependencies,
    sessions: VoiceSessions,
    recordings: RecordingReader,
    { tools, writtenQuestions }: Pick<SessionSources, 'tools' | 'writtenQuestions'>,
    longestWritingMs: number,
    signal: AbortSignal,
  ) {
    this.#recordings = recordings;
    this.#writtenQuestions = writtenQuestions;
    this.#longestWritingMs = longestWritingMs;
    this.#parts = parts;
    this.#sessions = sessions;
    this.#signal = signal;
    this.#tools = tools;
  }

  /**
   * Reads out a text of at most 1,000 characters, after what sounds. `now` goes before all that waits, but an answer or text that
   * has begun is said to its end.
   */
  async say(
    guildId: string,
    words: string,
    when: 'now' | 'queue',
    how: SayOptions = {},
  ): Promise<SayOutcome> {
    const session = this.#sessions.session(guildId);
    return session ? sayIn(session, words, when, how) : { kind: 'nowhere' };
  }

  /**
   * Aloud, the question waits its turn like a spoken one. In text it needs no session, and knows what was said in one only if the
   * asker sits there; the same holds for a file, which contains the answer as sound. Answered aloud within 50 s, else within the
   * time limit of the model. A recording is not kept.
   */
  async ask(
    guildId: string,
    question: string,
    asker: Asker,
    answer: AnswerForm,
    about: QuestionSubject = {},
  ): Promise<AskOutcome> {
    if (answer === 'voice') return await this.#answer(guildId, question, asker, answer, about);
    const place = this.#writtenQuestions.enter(guildId, asker.id);
    if ('line' in place) return { kind: 'failed', line: place.line };
    using _ = place;
    return await this.#answer(guildId, question, asker, answer, about);
  }

  async #answer(
    guildId: string,
    question: string,
    asker: Asker,
    answer: AnswerForm,
    about: QuestionSubject,
  ): Promise<AskOutcome> {
    const { clock } = this.#parts;
    const here = this.#sessions.session(guildId);
    if (answer === 'voice' && !here) return nowhere;
    if (answer === 'voice' && !here?.context.maySpeak()) return captionsOnly;
    const askedAtMs = clock.nowMs();
    const { recording } = about;
    const over = new AbortController();
    const asked = about.signal ? [about.signal] : [];
    const until = AbortSignal.any([this.#signal, over.signal, ...asked]);
    const none: RecordingOutcome = { kind: 'heard' };
    const heard = recording ? await this.#heard(recording, about, guildId, asker, until) : none;
    if (heard.kind === 'failed') return heard;
    const material = { asker, question, about, sound: heard.sound, atMs: clock.nowMs() };
    const usualMs = answer === 'voice' ? longestAloudMs : this.#longestWritingMs;
    const ms = (about.longestMs ?? usualMs) - (clock.nowMs() - askedAtMs);
    if (answer !== 'voice') {
      const said = utterancesOf(material, until);
      const asked = { guildId, said, ms, about, until };
      try {
        return await this.#unspoken(asked, asker, answer, heard.sound?.pcm);
      } finally {
        over.abort(new Error('the answer is over'));
      }
    }
    const session = this.#sessions.session(guildId);
    return session ? await this.#aloud(material, session, ms, until) : nowhere;
  }

  /** In writing or as a file. */
  async #unspoken(
    { ms, about, until, ...asked }: UnspokenQuestion,
    asker: Asker,
    answer: Exclude<AnswerForm, 'voice'>,
    pcm: Pcm | undefined,
  ): Promise<AskOutcome> {
    const { guildId, said } = asked;
    const session = this.#sessions.session(guildId);
    const { exchanges, owner } = knownTo(asker, session, about);
    const messages = messagesOf(exchanges);
    const pipeline = pcm && this.#hearingPipeline(guildId);
    const { settings } = this.#sessions;
    await settings.load(guildId);
    const usual = settings.styleIn(guildId, this.#channelIn(guildId));
    const remembered = await this.#remembered(guildId, asker);
    const known = [...messages, ...remembered];
    const language = (await this.#languagesFor(guildId, asker)).answerTo(asker.id);
    if (answer === 'file') {
      const style = styleIn(usual, about.manner);
      const turn = { said, style, history: known, tools: [], language };
      const pipeline = this.#pipelineIn(guildId);
      const { speed } = about.manner ?? {};
      const file = { guildId, turn, pipeline, owner, speed };
      return await answerInFile(file, this.#parts, ms, until);
    }
    const channelId = this.#channelIn(guildId);
    const { name, instructions } = settings.at(guildId, channelId).persona ?? {};
    const hasOthers = remembered.length > 0 || (name ?? instructions) !== undefined;
    const shown = { said, earlier: exchanges, hasOthers };
    const tools = await this.#toolsFor(guildId, shown, asker, about);
    const question = { ...asked, known, owner, pipeline, language, style: usual, tools };
    return await answerInWriting(question, this.#parts, ms, until);
  }

  /**
   * Asks aloud; `report` gets the progress: that it takes longer, and how it ended. The returned function takes the
   * question back.
   */
  askAloud(
    guildId: string,
    question: string,
    asker: Asker,
    report: (outcome: AskOutcome) => void,
  ): () => void {
    const context = this.#sessions.session(guildId)?.context;
    if (!context) {
      report(nowhere);
      return () => undefined;
    }
    const atMs = this.#parts.clock.nowMs();
    const said = utterancesOf({ asker, question, about: {}, atMs }, this.#signal);
    const back = new AbortController();
    const onOver = (why: DropReason) => report(droppedFor(why));
    const ends = { onOver, signal: back.signal };
    context.queue.ask(questionOf(said, question, atMs, ends, report));
    context.addressing.open(asker.id);
    return () => back.abort(new Error('the question was taken back'));
  }

  /** Lets this person ask without the bot's name for a while; `unheard`: they have not agreed to be heard, `paused`: hearing is paused. */
  openAskWindow(guildId: string, personId: string): 'open' | 'unheard' | 'paused' | 'nowhere' {
    const context = this.#sessions.session(guildId)?.context;
    if (!context) return 'nowhere';
    if (context.gate.standing(personId) !== 'yes') return 'unheard';
    if (context.gate.paused) return 'paused';
    context.addressing.open(personId);
    return 'open';
  }

  /** Silences the bot within two frames. All that waits is dropped as well, questions and sounds included; what was heard stays known. */
  stop(guildId: string): 'stopped' | 'nothing' {
    return this.#sessions.session(guildId)?.context.queue.stop() ? 'stopped' : 'nothing';
  }

  /** Tools that need no channel; none for programs. */
  async #toolsFor(
    guildId: string,
    shown: PromptWords,
    { id, isProgram, name }: Asker,
    { placeId, askedInId = placeId }: QuestionSubject,
  ): Promise<WrittenTools> {
    const context = this.#sessions.session(guildId)?.context;
    const usual = context?.tools.actionsFor([id]) ?? (await this.#portsOutside(guildId, id));
    const others = usual.people().filter((one) => one.id !== id);
    const place =
      askedInId === undefined ? undefined : { guildId, channelId: askedInId, name: askedInId };
    const asker = { id, name, isBot: false, roleIds: [] };
    const ports = { ...usual, place, people: () => [...others, asker] };
    const isOpen = placeId !== undefined;
    const used = { asker, context, isOpen, parts: this.#parts, ports, shown };
    return new WrittenTools(isProgram ? [] : this.#tools(), used);
  }

  /** Parts of tools where the bot sits nowhere, by what people said for good. */
  async #portsOutside(guildId: string, id: string): Promise<Omit<ServerToolPorts, 'place'>> {
    const { features, settings } = this.#sessions;
    const choices = await this.#sessions.readConsents(guildId);
    return {
      askerIds: [id],
      clock: this.#parts.clock,
      guildId,
      port: (type) => features.port(type),
      timeZone: settings.in(guildId).timeZone,
      settings: () => settings.in(guildId),
      people: () => [],
      agreed: async (personId) => choices.wordOf(personId)?.kind === 'always',
      isAllowed: async (right) => right === 'anyone',
    };
  }

  /** Memories of the server, as data; where the bot sits nowhere, only those of the asker alone; none for programs. */
  async #remembered(guildId: string, { id, isProgram }: Asker): Promise<readonly ChatMessage[]> {
    const memories = this.#sessions.features.port(MemoryCache);
    const { of, timeZone } = this.#sessions.settings.in(guildId);
    if (!of(memorySetting) || isProgram) return [];
    const gate = this.#sessions.session(guildId)?.context.gate;
    const usable = gate
      ? usableMemories(memories.known(guildId), [id], gate)
      : ownMemories((await memories.load(guildId)) ?? [], id);
    const content = memoryContext(usable, timeZone);
    return content === undefined ? [] : [{ role: 'user', name: '', content }];
  }

  /** Languages of the session, else by the asker's settings and words. */
  async #languagesFor(guildId: string, { id }: Asker): Promise<SpeakerLanguages> {
    await this.#parts.peopleSettings.load(guildId, id);
    const settings = () => this.#settingsIn(guildId);
    return (
      this.#sessions.session(guildId)?.context.languages ??
      new SpeakerLanguages({ guildId, parts: this.#parts, settings })
    );
  }

  /** Pipeline that hears recordings where an audio model answers speech. */
  #hearingPipeline(guildId: string): PaidPipeline | undefined {
    const { pipeline } = this.#settingsIn(guildId);
    return pipeline === 'audio-model' ? this.#parts.pipelines.open(pipeline) : undefined;
  }

  /** Pipeline that answers outside a channel: a Realtime conversation belongs to one channel. */
  #pipelineIn(guildId: string): PaidPipeline {
    const { pipeline } = this.#settingsIn(guildId);
    return this.#parts.pipelines.open(pipeline === 'realtime' ? 'chained' : pipeline);
  }

  #settingsIn(guildId: string): GuildSettings {
    return this.#sessions.settings.at(guildId, this.#channelIn(guildId));
  }

  #channelIn(guildId: string): string | undefined {
    return this.#sessions.session(guildId)?.context.channel.channelId;
  }

  /** Reads a recording; only its sender can mend a faulty one, so only they read of it. */
  async #heard(
    recording: SoundFile,
    about: QuestionSubject,
    guildId: string,
    asker: Asker,
    signal: AbortSignal,
  ): Promise<RecordingOutcome> {
    const { spending } = this.#parts;
    const hint = (await this.#languagesFor(guildId, asker)).hintFor(asker.id);
    const listening = spending.listenToRecording(guildId, asker.id);
    if ('line' in listening) return { kind: 'failed', line: listening.line };
    const paid = this.#parts.transcriber.paidBy(listening.reservation);
    const transcriber = recogniserOf(about, paid, hint);
    try {
      const pcm = await this.#recordings.read({ ...recording, personId: asker.id }, signal);
      return { kind: 'heard', sound: { pcm, transcriber } };
    } catch (error) {
      const line = signal.aborted ? undefined : soundSourceErrorText(error, 'recording');
      if (!line) throw error;
      return { kind: 'failed', line };
    }
  }

  async #aloud(
    material: CommandMaterial,
    { context }: VoiceSession,
    ms: number,
    signal: AbortSignal,
  ): Promise<AskOutcome> {
    const { about, asker, question } = material;
    const { clock } = this.#parts;
    const answered = Promise.withResolvers<AskOutcome>();
    const dropped = new AbortController();
    const onOver = (why: DropReason) => {
      answered.resolve(droppedFor(why));
      if (!asksOn.includes(why)) dropped.abort(new Error('the question was dropped'));
    };
    const said = utterancesOf(material, AbortSignal.any([signal, dropped.signal]));
    const manner = mannerIn(context.settings().pipeline, about);
    const how = manner && { manner };
    context.queue.ask(questionOf(said, question, clock.nowMs(), { onOver }, answered.resolve, how));
    const follow = () => context.addressing.open(asker.id);
    follow();
    void answered.promise.then(follow);
    try {
      return await within(answered.promise, ms, clock, () => new Error('the answer is late'));
    } catch {
      return { kind: 'failed', line: { id: 'ask.late' } };
    }
  }
}

/** A question that was dropped for these may still need the words of its recording. */
const asksOn: readonly DropReason[] = ['over', 'lost'];

/** A Realtime conversation has one voice: with another it would begin anew. */
function mannerIn(pipeline: PipelineName, { manner }: QuestionSubject): SpokenManner | undefined {
  return pipeline === 'realtime' && manner ? { speed: manner.speed } : manner;
}

/** Conversation with the bot there, without people who are left out, but for the asker; none for a person or place elsewhere. */
function knownTo(
  { id }: Asker,
  session: VoiceSession | undefined,
  { placeId }: QuestionSubject,
): { readonly exchanges: readonly RememberedExchange[]; readonly owner: TextOwner } {
  const { channelId } = session?.channel ?? {};
  const isThere = placeId === undefined || placeId === channelId;
  if (!session?.isHere(id) || !isThere || channelId === undefined)
    return { exchanges: [], owner: 'given' };
  const exchanges = session.context.history.shown(mayShowTo([id], session.context));
  return { exchanges, owner: exchanges.length === 0 ? 'given' : { channelId } };
}

const captionsOnly: AskOutcome = { kind: 'failed', line: { id: 'captions.only' } };

/** Question, and the limit of the wait for its answer: in ms, and until the signal is aborted. */
type UnspokenQuestion = Pick<WrittenQuestion, 'guildId' | 'said'> & {
  readonly about: QuestionSubject;
  readonly ms: number;
  readonly until: AbortSignal;
};

type RecordingOutcome =
  | { readonly kind: 'heard'; readonly sound?: RecordedSound }
  | Extract<AskOutcome, { kind: 'failed' }>;
