import { SentEnvelope } from '#src/audio/echo/echo-sent.ts';
import type { Utterances } from '#src/conversation/hearing/utterances.ts';
import { WaitingCues } from '#src/conversation/output/waiting-cues.ts';
import { greetOnArrival } from '#src/conversation/presence/consent-undecided-people.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { SpokenSegment } from '#src/ports/feature-session.ts';
import type { ChannelMember, VoiceLink } from '#src/ports/voice-link.ts';
import type { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import { Interruptions } from '#src/voice/hearing/interruptions.ts';
import type { SpeakerInputEvent } from '#src/voice/hearing/speaker-input.ts';
import { SpeakerInputs } from '#src/voice/hearing/speaker-inputs.ts';
import {
  announced,
  type HearingDependencies,
  openInput,
  openSound,
  sparesInput,
} from '#src/voice/link/connection-sound.ts';
import { SpeechOutput } from '#src/voice/output/speech-output.ts';

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

/** Speaker inputs and the output on one link; both are gone when it is disposed of. `asked` is called when the link asks for a frame. */
export function openConnectionParts(
  link: VoiceLink,
  context: SessionContext,
  { callerId, hearing, pauseHabits, show, utterances }: ConnectionSources,
  asked: () => void,
): ConnectionParts {
  const { channel, parts, talk } = context;
  const over = new AbortController();
  const sent = new SentEnvelope();
  const { voice, cues, mixer, free } = openSound(
    context.mix,
    parts.codec,
    parts.cues,
    () => context.settings().cues,
    sent,
  );
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
  const { wake } = link.play(announced(mixer, asked, () => talk.noticeSound()));
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
