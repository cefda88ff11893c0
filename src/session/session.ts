import { speakRateHz } from '#src/audio/pcm.ts';
import { SpeakerStream } from '#src/audio/speaker-stream.ts';
import { VoiceActivity } from '#src/audio/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice-meter.ts';
import { Mailbox } from '#src/base/mailbox.ts';
import type { History } from '#src/chat/history.ts';
import { Mixer } from '#src/playback/mixer.ts';
import { VoiceTrack } from '#src/playback/voice-track.ts';
import { answer, type Conversation, type Waiting } from './conversation.ts';
import { Ear } from './ear.ts';
import { Ears } from './ears.ts';
import type { ChannelRef, VoiceLink } from './link.ts';
import type { SessionParts } from './parts.ts';
import { together } from './together.ts';
import { said, type Utterance } from './utterance.ts';

/** Endpointing looks at the clock so often; an utterance can end between packets. */
const tickMs = 20;
/** Alone for so long, it leaves. */
const aloneMs = 60_000;
/** Questions that wait while one is answered; a further one drops the oldest. */
const waitingLimit = 3;

/**
 * The loop of one voice channel: hears until left, answers one utterance after the other.
 *
 * Returns 'alone' when nobody else was there for a minute. Errors: as `VoiceLink.hear`; anything else is a bug.
 * Aborting `signal` throws `signal.reason`.
 */
export async function runSession(
  link: VoiceLink,
  channel: ChannelRef,
  history: History,
  parts: SessionParts,
  signal: AbortSignal,
): Promise<'alone' | 'lost'> {
  const voice = new VoiceTrack();
  const encoder = parts.codec.encoder(speakRateHz);
  const mixer = new Mixer([voice], encoder);
  const ears = new Ears((speakerId) => openEar(speakerId, parts));
  const waiting = new Mailbox<Waiting>(waitingLimit);
  const room = { channel, history, voice, parts };
  const { wake } = link.play(mixer);
  mixer.onSound(wake);
  try {
    return await together<'alone' | 'lost'>(signal, [
      (until) => hearPackets(link, ears, waiting, room, until),
      (until) => watchClock(link, ears, waiting, room, until),
      (until) => answerAll(waiting, room, until),
    ]);
  } finally {
    voice.cut();
    ears.close();
    encoder.free();
  }
}

function openEar(speakerId: string, { codec, weights, endpointRules }: SessionParts): Ear {
  const meter = new VoiceMeter(new VoiceActivity(weights));
  return new Ear(speakerId, new SpeakerStream(codec), meter, endpointRules);
}

async function hearPackets(
  link: VoiceLink,
  ears: Ears,
  waiting: Mailbox<Waiting>,
  room: Conversation,
  signal: AbortSignal,
): Promise<'lost'> {
  for await (const packet of link.hear(signal)) {
    for (const utterance of ears.put(packet)) receive(utterance, link, waiting, room, signal);
  }
  return 'lost';
}

async function watchClock(
  link: VoiceLink,
  ears: Ears,
  waiting: Mailbox<Waiting>,
  room: Conversation,
  signal: AbortSignal,
): Promise<'alone'> {
  const { clock } = room.parts;
  let companyAtMs = clock.nowMs();
  for (;;) {
    await clock.sleep(tickMs, signal);
    const nowMs = clock.nowMs();
    for (const utterance of ears.tick(nowMs)) receive(utterance, link, waiting, room, signal);
    if (link.people().some(({ isBot }) => !isBot)) companyAtMs = nowMs;
    if (nowMs - companyAtMs >= aloneMs) return 'alone';
  }
}

async function answerAll(
  waiting: Mailbox<Waiting>,
  room: Conversation,
  signal: AbortSignal,
): Promise<never> {
  for await (const one of waiting.read(signal)) await answer(one, room, signal);
  throw new Error('the line of questions never ends');
}

/** Recognition starts at once, also of what has to wait for its answer. Whoever has left is still answered. */
function receive(
  utterance: Utterance,
  link: VoiceLink,
  waiting: Mailbox<Waiting>,
  { channel, parts }: Conversation,
  signal: AbortSignal,
): void {
  const { speakerId } = utterance;
  const name = link.people().find(({ id }) => id === speakerId)?.name ?? 'Someone';
  const one = said(utterance, name, parts.transcriber, signal);
  const question: Waiting = { said: one, endedAtMs: utterance.endedAtMs };
  waiting.put(question);
  one.transcript().then(
    ({ text }) => {
      question.recognisedAtMs = parts.clock.nowMs();
      parts.onEvent(channel.guildId, { kind: 'recognised', speakerId, name, text });
    },
    () => undefined, // whoever answers asks again and tells
  );
}
