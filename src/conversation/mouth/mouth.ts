import type { SentEnvelope } from '#src/audio/echo/band-levels.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type { SpeakerInputEvent } from '#src/conversation/ear/speaker-input.ts';
import {
  findAwaitedReply,
  findSoundingReply,
} from '#src/conversation/machine/draft.ts';
import type { InnerEvent } from '#src/conversation/machine/events.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import { Mixer } from '#src/playback/mix/mixer.ts';
import { CueTrack } from '#src/playback/reply/cue-track.ts';
import { VoiceTrack } from '#src/playback/reply/spoken-reply.ts';
import type { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import type { SpokenSegment } from '#src/ports/feature-session.ts';
import type { CueOutcome, VoiceLink } from '#src/ports/voice-link.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { WaitingCue } from '#src/turn/answer-wait.ts';
import type { OverlapWords } from '#src/turn/decide-utterance.ts';
import { bargeInRules } from '#src/turn/overlap/barge-in-rules.ts';
import {
  classifyPartial,
  type OverlapSpeech,
} from '#src/turn/overlap/overlap-speech.ts';
import {
  type BargeInAction,
  type BargeInEffect,
  type BargeInEvent,
  initialBargeIn,
  type OverlapText,
  stepBargeIn,
} from '#src/turn/overlap/step-barge-in.ts';
import type { VoiceDeps } from './answer-delivery.ts';
import { RunningReplies, SpeechOutput, SpeechPace } from './speech-output.ts';
import { SpeechRequests } from './speech-requests.ts';
import { formatSpeakable, WaitingCues } from './waiting-cues.ts';

/**
 * Everything that sounds in a session. It is asked to say something, to stop, or to end with a clause, and tells the
 * conversation what people have heard.
 */
export interface Mouth {
  /** Questions, announcements and notices that wait, and how each of them ends. */
  readonly requests: SpeechRequests;
  /** Answers and announcements that are made or sound. Each is played, cut, ended with its clause, or discarded here. */
  readonly replies: RunningReplies;
  /** The named tracks, and the pace of speech. */
  readonly mix: SoundMix;
  /** Returns false where the session makes captions only. */
  readonly canSpeak: () => boolean;
  /** Sends all sound into a link until disposed. `onSpoken` gets the words of each reply that is over, except notices. */
  open(
    link: Pick<VoiceLink, 'playFrames'>,
    onSpoken: (segment: SpokenSegment) => void,
  ): OpenSound;
  /** Lets time pass: barge-in decides, and the conversation hears when a reply becomes audible, starves or halts. */
  tick(): void;
  /**
   * Applies a person's voice and words over the bot's speech, which may duck, pause or end it. Returns the barge-ins that the
   * conversation is then to be told.
   */
  overhear(personId: PersonId, heard: Overheard): readonly InnerEvent[];
  /**
   * Plays a cue, and resolves with `left` when its first frame is sent, perhaps never. Resolves at once with `away`
   * without a connection, and with `speaking` while the bot speaks. `step` tells what a tool does, for `moment` and `step`.
   */
  playCue(cue: MouthCue, step?: TextLine): Promise<CueOutcome>;
  /** Says sentences about the work that runs: at once to an asker who waits for it, else at the next pause. */
  sayProgress(lines: readonly TextLine[], to: PersonId): void;
}

/** What people set about the sound of a session, also before a connection and after a lost one. */
type SoundMix = {
  /** Sounds beside speech, each on its named track. */
  readonly tracks: NamedTracks;
  /** The speed of speech that people have asked for. */
  readonly pace: SpeechPace;
  /** True if another session goes on with the tracks, which must then not be closed here. */
  isPassedOn: boolean;
};

/** A person's voice or words while the bot speaks. */
type Overheard =
  | SpeakerInputEvent
  /** Words so far. Later ones may correct them. */
  | ({ readonly kind: 'partial' } & OverheardWords)
  /** The meaning of the final words. */
  | ({ readonly kind: 'meaning' } & OverlapWords);

/** The sound of one open connection, until it is disposed. */
export type OpenSound = Disposable & {
  /** Words of the open reply that have left so far. Undefined before its first frame, and for notices. */
  readonly spokenSoFar: SpokenSegment | undefined;
};

/** A sound that is a signal. Those of waiting end with the wait for an answer. */
type MouthCue = 'heard' | 'error' | WaitingCue;

/** A later answer about work that runs is not true any more. */
const maxProgressWaitMs = 10_000;

/** The parts of a mouth that live as long as one connection. */
type OpenMouth = {
  readonly voice: VoiceTrack;
  readonly cues: CueTrack;
  readonly output: SpeechOutput;
  readonly bargeIns: BargeIns;
  /** Undefined until somebody waits. */
  waitingCues?: WaitingCues;
  /** Aborts as the connection closes. */
  readonly closing: AbortSignal;
};

/** Objects that a mouth needs of its session and of the outside. */
type MouthOptions = {
  readonly deps: VoiceDeps & Deps<'codec' | 'cues'>;
  readonly loop: ConversationLoop;
  readonly notices: ChannelNotices;
  readonly voiceChannel: SessionChannel;
  readonly tracks: NamedTracks;
  /** Notes the bot's own sound as it leaves. */
  readonly sent: SentEnvelope;
  readonly canSpeak: () => boolean;
};

/** The mouth of one session, over all of its connections. */
export class SessionMouth implements Mouth {
  readonly requests: SpeechRequests;
  readonly replies: RunningReplies;
  readonly mix: SoundMix;
  readonly canSpeak: () => boolean;
  readonly #options;
  #open: OpenMouth | undefined;

  constructor(options: MouthOptions) {
    const { canSpeak, deps, loop, notices, tracks, voiceChannel } = options;
    const { channelId, guildId } = voiceChannel.channel;
    this.#options = options;
    this.mix = { tracks, pace: new SpeechPace(), isPassedOn: false };
    this.canSpeak = canSpeak;
    this.replies = new RunningReplies(loop, () => this.#open?.output);
    this.requests = new SpeechRequests({
      loop,
      notices,
      clock: deps.clock,
      channelId,
      maySpeak: () => canSpeak() && !deps.spending.findUsedBudget(guildId),
    });
  }

  open(
    link: Pick<VoiceLink, 'playFrames'>,
    onSpoken: (segment: SpokenSegment) => void,
  ): OpenSound {
    const { deps, loop } = this.#options;
    const { own } = this.mix.tracks;
    const closing = new AbortController();
    const voice = new VoiceTrack(() => own.voice.state.percent);
    const cues = new CueTrack(voice, deps.cues, () => own.cues.state.percent);
    const output = new SpeechOutput(voice, deps.clock, onSpoken, this.mix.pace);
    const open: OpenMouth = {
      voice,
      cues,
      output,
      bargeIns: new BargeIns(loop, output, cues),
      closing: closing.signal,
    };
    this.#open = open;
    this.#playMixedFrames(link, open);
    return {
      get spokenSoFar() {
        return output.spokenSoFar;
      },
      [Symbol.dispose]: () => {
        this.#open = undefined;
        // The conversation learns that none is open before the replies on it end.
        loop.post({ kind: 'link-down', isHeard: output.heardText !== '' });
        closing.abort(new Error('the connection is closed'));
        voice.cut();
      },
    };
  }

  tick(): void {
    this.#reportSound();
    for (const bargeIn of this.#open?.bargeIns.tick() ?? [])
      this.#options.loop.post(bargeIn);
  }

  overhear(personId: PersonId, heard: Overheard): readonly InnerEvent[] {
    const { bargeIns } = this.#open ?? {};
    if (!bargeIns) return [];
    if (heard.kind === 'partial') return bargeIns.hearPartial(personId, heard);
    if (heard.kind === 'meaning') return bargeIns.hearWords(personId, heard);
    return bargeIns.handleInput(personId, heard);
  }

  playCue(cue: MouthCue, step?: TextLine): Promise<CueOutcome> {
    const open = this.#open;
    if (!open) return Promise.resolve('away');
    const { cues, voice } = open;
    const { promise, resolve } = Promise.withResolvers<CueOutcome>();
    const onSent = () => resolve('left');
    if (cue !== 'heard' && cue !== 'error')
      this.#getWaitingCues(open).playCue(cue, step, onSent);
    else if (voice.isSounding) resolve('speaking');
    else cues.play(cue, onSent);
    return promise;
  }

  sayProgress(lines: readonly TextLine[], to: PersonId): void {
    const { loop, notices, voiceChannel } = this.#options;
    if (this.#open && findAwaitedReply(loop.state)) {
      void this.#getWaitingCues(this.#open).say(lines, () => undefined);
      return;
    }
    const language = notices.getSpokenLocale(voiceChannel.languages.find(to));
    this.requests.queueNotice({
      language,
      personId: to,
      maxWaitMs: maxProgressWaitMs,
      getText: () => formatSpeakable(lines, notices, language),
      onEnded: () => undefined,
    });
  }

  #getWaitingCues(open: OpenMouth) {
    const { closing, cues } = open;
    open.waitingCues ??= new WaitingCues(
      this.#options,
      this.#options.deps,
      cues,
      closing,
    );
    return open.waitingCues;
  }

  /** Sends the mixed sound of all tracks, frame by frame, and wakes the link when one begins. */
  #playMixedFrames(link: Pick<VoiceLink, 'playFrames'>, { cues, voice }: OpenMouth) {
    const {
      deps: { codec },
      sent,
    } = this.#options;
    const tracks = { voice, cues, music: this.mix.tracks };
    const mixer = new Mixer(tracks, codec, (samples, atMs) =>
      sent.addSentFrame(samples, atMs),
    );
    const reportSound = () => this.#reportSound();
    const tick = () => this.tick();
    const { wake } = link.playFrames({
      pullFrame() {
        tick();
        return mixer.pullFrame();
      },
      get isIdle() {
        return mixer.isIdle;
      },
      markSent(frame, atMs) {
        mixer.markSent(frame, atMs);
        reportSound();
      },
    });
    mixer.onSound(wake);
  }

  /** Tells the conversation when the current reply becomes audible, starves, pauses or goes on. */
  #reportSound() {
    const { loop } = this.#options;
    const { output, waitingCues } = this.#open ?? {};
    const { leavingReply } = output ?? {};
    const { current } = loop.state.turnQueue;
    if (!current) waitingCues?.endCues();
    if (!leavingReply || current?.reply !== leavingReply.id) return;
    const { phase, reply } = current;
    if (phase.kind === 'making') loop.post({ kind: 'audible', reply });
    const wasStarved = phase.kind === 'sounding' && phase.isStarved;
    const { isStarved, pausedAfter: heardText } = leavingReply;
    if (isStarved !== wasStarved && phase.kind !== 'cut')
      loop.post({ kind: 'starved', reply, isStarved });
    if (heardText !== current.haltedAfter && phase.kind === 'sounding')
      loop.post({ kind: 'halted', reply, heard: heardText });
  }
}

/** Words of a person over the bot so far. `isOfPause`: all of them up to a pause. */
type OverheardWords = { readonly text: string; readonly isOfPause: boolean };

/** Ducks, pauses or resumes the speech of the bot by voices over it, and returns the barge-ins that end it. */
class BargeIns {
  readonly #loop;
  readonly #output;
  readonly #cues;
  #state = initialBargeIn;
  #replyId: number | undefined;

  constructor(loop: ConversationLoop, output: SpeechOutput, cues: CueTrack) {
    this.#loop = loop;
    this.#output = output;
    this.#cues = cues;
  }

  /** Applies an event of a person's voice, if it matters over the bot's speech. */
  handleInput(personId: PersonId, event: SpeakerInputEvent): readonly InnerEvent[] {
    const overlap = toOverlapEvent(event);
    if (!overlap) return [];
    return this.#stepOverlap({ personId, atMs: this.#loop.nowMs, ...overlap });
  }

  /** Applies what the final words of a person over the bot's speech mean. */
  hearWords(
    personId: PersonId,
    { isMeant, what: meaning }: OverlapWords,
  ): readonly InnerEvent[] {
    return this.#hearMeaning({ personId, meaning, isMeant, isFinal: true });
  }

  /** Applies words so far of an utterance over the bot's speech. Later ones may correct them. */
  hearPartial(
    personId: PersonId,
    { isOfPause, text }: OverheardWords,
  ): readonly InnerEvent[] {
    const { names } = this.#loop.state.session.settings;
    const partial = classifyPartial(text, names, isOfPause);
    return this.#hearMeaning({ personId, ...partial, isFinal: false, isMeant: false });
  }

  /** Lets time pass. Call it with each frame, and with each step of the connection's clock. */
  tick(): readonly InnerEvent[] {
    const bargeIns = this.#endSpeechOfAbsent();
    const sounding = findSoundingReply(this.#loop.state);
    if (!sounding && this.#replyId === undefined && !this.#state.speeches.some(isOpen))
      return bargeIns;
    const atMs = this.#loop.nowMs;
    if (sounding?.id !== this.#replyId) {
      if (this.#replyId !== undefined)
        bargeIns.push(...this.#stepOverlap({ kind: 'reply-over', atMs }));
      this.#replyId = sounding?.id;
      if (sounding)
        bargeIns.push(...this.#stepOverlap({ kind: 'reply-began', atMs, ...sounding }));
    }
    bargeIns.push(...this.#stepOverlap({ kind: 'tick', atMs }));
    return bargeIns;
  }

  #hearMeaning(text: Omit<OverlapText, 'kind' | 'atMs'>) {
    return this.#stepOverlap({ kind: 'heard-as', atMs: this.#loop.nowMs, ...text });
  }

  #endSpeechOfAbsent() {
    const { people } = this.#loop.state.presence;
    const atMs = this.#loop.nowMs;
    const absent = this.#state.speeches.filter(({ personId }) =>
      people.every(({ id }) => id !== personId),
    );
    return absent.flatMap(({ personId }) =>
      this.#stepOverlap({ kind: 'left', personId, atMs }),
    );
  }

  #stepOverlap(event: BargeInEvent): InnerEvent[] {
    const { state, effects } = stepBargeIn(this.#state, event, bargeInRules);
    this.#state = state;
    return effects.flatMap((effect) => this.#performEffect(effect) ?? []);
  }

  /** Applies an effect to the sound. Returns a barge-in that ends the reply. */
  #performEffect(effect: BargeInEffect): InnerEvent | undefined {
    switch (effect) {
      case 'duck':
        this.#output.duck(bargeInRules.duckDb);
        return undefined;
      case 'unduck':
        this.#output.duck(0);
        return undefined;
      case 'pause':
        this.#output.pause();
        return undefined;
      case 'resume':
        this.#output.resume();
        return undefined;
      case 'go-on-cue':
        this.#cues.play('heard');
        return undefined;
      case 'stop':
        this.#cues.play('thinking');
        return this.#toBargeIn(effect);
      case 'yield':
      case 'finish-clause':
        return this.#toBargeIn(effect);
    }
  }

  #toBargeIn(action: BargeInAction): InnerEvent | undefined {
    const reply = this.#replyId;
    return reply === undefined ? undefined : { kind: 'barged', reply, action };
  }
}

/** Tests whether time can still change a speech. */
function isOpen({ reaction, stopAtMs }: OverlapSpeech) {
  return reaction !== 'none' || stopAtMs !== undefined;
}

function toOverlapEvent(event: SpeakerInputEvent) {
  switch (event.kind) {
    case 'overlap-began':
      return { kind: 'began', fromMs: event.fromMs } as const;
    case 'voiced':
      return {
        kind: 'voiced',
        voicedMs: event.voicedMs,
        levelDb: event.levelDb,
      } as const;
    case 'paused':
      return { kind: 'paused' } as const;
    case 'overlap-ended':
      return { kind: 'ended', voicedMs: event.voicedMs, isWordless: true } as const;
    case 'ended':
      return { kind: 'ended', voicedMs: event.heard.voicedMs } as const;
    case 'began':
    case 'sound':
    case 'resumed':
    case 'ask-turn-model':
    case 'long-pause':
    case 'likely-over':
    case 'sounds-over':
      return undefined;
  }
}
