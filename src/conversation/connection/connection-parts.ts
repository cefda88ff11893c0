import { SentEnvelope } from '#src/audio/echo/echo-sent.ts';
import { joinSamples, speakRateHz } from '#src/audio/pcm.ts';
import { OneRate } from '#src/audio/resample.ts';
import { BotError } from '#src/base/errors.ts';
import { greetOnArrival } from '#src/conversation/hearing/consent-gate.ts';
import type { Utterances } from '#src/conversation/hearing/utterances.ts';
import { currentTurn } from '#src/conversation/machine/questions.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { spokenLocale, spokenText } from '#src/notices/notice.ts';
import { voiceIn } from '#src/pipeline/prompt.ts';
import type { CueTrack, PlayedCue } from '#src/playback/reply/cue-track.ts';
import type { SpokenSegment } from '#src/ports/feature-session.ts';
import type { ChannelMember, VoiceLink } from '#src/ports/voice-link.ts';
import { speechRequestOf } from '#src/spending/reservation.ts';
import type { PlainTextId } from '#src/texts/texts.ts';
import type { PauseHabits } from '#src/turn/endpointing/endpointing-delay.ts';
import { Interruptions } from '#src/voice/hearing/interruptions.ts';
import type { SpeakerInputEvent } from '#src/voice/hearing/speaker-input.ts';
import { SpeakerInputs } from '#src/voice/hearing/speaker-input.ts';
import {
  announced,
  type HearingDependencies,
  openInput,
  openSound,
  sparesInput,
} from '#src/voice/link/reconnecting-link.ts';
import { SpeechOutput } from '#src/voice/output/speech-output.ts';

type PlainTextLine = { readonly id: PlainTextId };

/** More than two words need. */
const longestMs = 5_000;

/** Cues of a wait for an answer, as they are played on one connection. */
class WaitingCues {
  readonly #context: SessionContext;
  readonly #cues: CueTrack;
  readonly #signal: AbortSignal;
  /** Cues of this wait: it ends these and no others. */
  #played: readonly PlayedCue[] = [];

  /** Aborting `signal` ends what is being made. */
  constructor(context: SessionContext, cues: CueTrack, signal: AbortSignal) {
    this.#context = context;
    this.#cues = cues;
    this.#signal = signal;
  }

  play(cue: 'tick' | 'moment' | 'pad'): void {
    if (cue === 'tick') this.#keep(this.#cues.play('thinking'));
    if (cue === 'pad') this.#keep(this.#cues.play('pad'));
    if (cue === 'moment') void this.#saySoon();
  }

  /** Nothing is awaited any more. */
  over(): void {
    for (const cue of this.#played) this.#cues.cut(cue);
    this.#played = [];
  }

  /** The tool that runs for the answer. */
  get #step() {
    const { stepOf, talk } = this.#context;
    return stepOf(talk.state.floor.current?.reply);
  }

  /** Says that it takes a moment, if the wait goes on. Never throws: a voice that fails now is reported with the answer. */
  async #saySoon(): Promise<void> {
    const { languages, talk } = this.#context;
    const turn = currentTurn(talk.state);
    const { reply } = talk.state.floor.current ?? {};
    if (!turn) return;
    const line = { id: this.#step ?? ('slow.voice' as const) };
    const pieces = await this.#speechOf(line, languages.of(turn.by));
    const { current } = talk.state.floor;
    const isSilent = current?.reply === reply && (!current?.isAudible || current.isStarved);
    if (this.#signal.aborted || !isSilent || pieces.length === 0) return;
    this.#keep(this.#cues.say(joinSamples(pieces).subarray(0, (longestMs * speakRateHz) / 1000)));
  }

  /** Sound of a line; none where its voice fails, or there is no money. */
  async #speechOf(line: PlainTextLine, language: string | undefined): Promise<Int16Array[]> {
    const { channel, parts, style } = this.#context;
    const words = spokenText(line, channel.guildId, parts, language);
    const voice = voiceIn(spokenLocale(channel.guildId, parts, language), style());
    const opened = parts.spending.open(speechRequestOf('notice', channel.guildId, words));
    if (opened.kind === 'refused') return [];
    using reservation = opened.reservation;
    const rate = new OneRate(speakRateHz);
    const pieces: Int16Array[] = [];
    try {
      const sound = parts.synthesizer.paidBy(reservation).synthesize(words, voice, this.#signal);
      for await (const pcm of sound)
        pieces.push(...rate.push({ ...pcm, samples: pcm.samples.slice() }));
    } catch (error) {
      if (this.#signal.aborted || error instanceof BotError) return [];
      throw error;
    }
    return [...pieces, rate.flush()];
  }

  /** The one that sounds, and the one that follows it. */
  #keep(cue: PlayedCue): void {
    this.#played = [...this.#played, cue].slice(-2);
  }
}

/** Parts that the connections of one session share, and nothing else of it uses. */
export type ConnectionSources = {
  /** Person who called the bot in. */
  readonly callerId: string;
  readonly hearing: HearingDependencies;
  readonly pauseHabits: PauseHabits;
  readonly utterances: Utterances;
  /** Shows the panel: who is there, and who talks. */
  show(people: readonly ChannelMember[], talkingIds: readonly string[]): void;
};

/** Parts that the loops of one connection share. */
export type ConnectionParts = Disposable & {
  readonly link: VoiceLink;
  readonly context: SessionContext;
  readonly inputs: SpeakerInputs;
  readonly output: SpeechOutput;
  readonly interruptions: Interruptions;
  readonly utterances: Utterances;
  /** Shows the panel what goes on. */
  show(): void;
};

/** Tells features and the process the words of the bot that have left. */
export function tellSaid({ channel, features, parts }: SessionContext, sent: SpokenSegment): void {
  features.said(sent);
  const { text, isOver, answeredIds } = sent;
  const isWhole = isOver && answeredIds.length === 0;
  parts.onEvent(channel.guildId, { kind: 'words', text, isWhole });
}

/** Speaker inputs and the output on one link; both are gone when it is disposed of. */
export function openConnectionParts(
  link: VoiceLink,
  context: SessionContext,
  { callerId, hearing, pauseHabits, show, utterances }: ConnectionSources,
): ConnectionParts {
  const { channel, parts, talk } = context;
  const over = new AbortController();
  const sent = new SentEnvelope();
  const { voice, cues, mixer, free } = openSound(context.mix, parts.codec, parts.cues, sent);
  const onSent = (words: SpokenSegment) => tellSaid(context, words);
  const output = new SpeechOutput(voice, parts.clock, onSent, context.pace);
  const inputs = new SpeakerInputs(
    (speakerId) => openInput(speakerId, sent, parts.codec, hearing, pauseHabits),
    (packets) => parts.onEvent(channel.guildId, { kind: 'stream', ...packets }),
    () => sparesInput(parts.codec),
  );
  const interruptions = new Interruptions(context, output, cues);
  const waiting = new WaitingCues(context, cues, over.signal);
  const connection: ConnectionParts = {
    link,
    context,
    inputs,
    output,
    interruptions,
    utterances,
    show: () => show(link.people(), inputs.talking()),
    [Symbol.dispose]() {
      context.connection.attach(undefined);
      talk.attach(undefined);
      utterances.attach(undefined);
      over.abort(new Error('the connection is closed'));
      voice.cut();
      inputs.close();
      free();
    },
  };
  talk.attach(output);
  utterances.attach({
    read(speakerId, understood) {
      const noticed = inputs.read(speakerId, understood, parts.clock.nowMs());
      for (const one of noticed) handle(speakerId, one, connection);
    },
    overhear: (speakerId, text) => interruptions.overhear(speakerId, text),
    isFarField: (speakerId) => interruptions.isFarField(speakerId),
    get isSpeaking() {
      return output.sounds;
    },
  });
  context.connection.attach({
    isSpeaking: () => voice.sounds,
    play: (samples, left) => cues.say(samples, left),
    overheard: (personId, what, meant) =>
      interruptions.hear({ personId, what, meant, isFinal: true }),
    playWaitingCue: (cue) => waiting.play(cue),
    endWaitingCues: () => waiting.over(),
  });
  const next = () => {
    talk.noticeSound();
    interruptions.tick();
  };
  const { wake } = link.play(announced(mixer, next, () => talk.noticeSound()));
  mixer.onSound(wake);
  talk.post({ kind: 'link-up' });
  greetOnArrival(context, link.people(), callerId);
  return connection;
}

/** Interruptions first: barge-in must not wait for recognition. */
export function handle(
  speakerId: string,
  noticed: SpeakerInputEvent,
  { interruptions, utterances }: ConnectionParts,
): void {
  interruptions.notice(speakerId, noticed);
  utterances.handle(speakerId, noticed);
}
