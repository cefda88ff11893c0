import { BotError } from '#src/base/errors.ts';
import { together } from '#src/base/run-together.ts';
import type { DecodingChange } from '#src/session/alerts/decoding-watchdog.ts';
import { answer } from '#src/session/answering/answer.ts';
import { resumePostponed } from '#src/session/answering/postpone.ts';
import { readAloud } from '#src/session/output/read-aloud.ts';
import type { VoiceLink } from '#src/session/ports/voice-link.ts';
import type { QueuedTurn } from '#src/session/queue/queued-turn.ts';
import type { TextId } from '#src/texts/texts.ts';
import { type ConnectionParts, openConnectionParts, take } from './connection-parts.ts';
import type { SessionContext, SpeakingContext } from './context.ts';

/** Endpointing looks at the clock so often; an utterance can end between packets. */
const tickMs = 20;
/** The panel may lag by so much behind the room. */
const lookMs = 100;
/** Alone for so long, it leaves. */
const aloneMs = 60_000;

/**
 * The loop of one voice channel: hears until left, says one thing after the other.
 *
 * Returns 'alone' when nobody else was there for a minute. Errors: as `VoiceLink.hear`, which also ends, once in
 * ten minutes, when somebody cannot be decoded; anything else is a bug.
 * Aborting `signal` throws `signal.reason`.
 */
export async function runConnection(
  link: VoiceLink,
  room: SessionContext,
  signal: AbortSignal,
): Promise<'alone' | 'lost'> {
  const { gate } = room;
  using scene = openConnectionParts(link, room);
  gate.onChange(() => {
    attend(scene);
    look(scene);
  });
  try {
    return await together<'alone' | 'lost'>(signal, [
      (until) => hearPackets(scene, until),
      (until) => watchClock(scene, until),
      (until) => scene.drafts.watch(until),
      (until) => speakAll(scene.room, until),
    ]);
  } finally {
    gate.onChange(() => undefined);
  }
}

/** A packet may have waited while its speaker said no, so the gate is asked once more. */
async function hearPackets(scene: ConnectionParts, signal: AbortSignal): Promise<'lost'> {
  const { link, ears, room } = scene;
  for await (const packet of link.hear(signal)) {
    const { speakerId } = packet;
    if (!room.gate.mayHear(speakerId)) continue;
    const noticed = ears.put(packet);
    for (const one of noticed) take(speakerId, one, scene);
    const unheardMs = ears.unheardMs(speakerId);
    if (unheardMs > 0)
      tellDecoding(room, room.troubles.decoding.missed(speakerId, unheardMs, packet.atMs));
    else if (noticed.length > 0) tellDecoding(room, room.troubles.decoding.decoded(speakerId));
  }
  return 'lost';
}

/** Each time somebody cannot be decoded the operator is told, and the room. */
function tellDecoding(room: SessionContext, change: DecodingChange | undefined): void {
  if (!change) return;
  const { channel, parts, notice, people, troubles } = room;
  const isRaised = change.kind === 'raised';
  const state = isRaised ? 'raised' : 'cleared';
  const cause = isRaised ? '5 s of sound in a row' : 'everybody there can be decoded';
  const name = 'undecodable-speaker';
  parts.onEvent(channel.guildId, { kind: 'alert', name, state, cause });
  if (!isRaised) return;
  const person = people().find(({ id }) => id === change.speakerId);
  const holds = () => troubles.decoding.isRaised(change.speakerId);
  if (change.rejoins) notice({ id: 'heard.nothing' });
  else notice({ id: 'heard.undecodable', with: { name: person?.name ?? '' } }, holds);
}

/** A new link has new keys. */
function rejoinToDecode({ troubles }: SessionContext, atMs: number): void {
  if (!troubles.decoding.rejoins(atMs)) return;
  throw new BotError('link.lost', true, 'Somebody was not decodable for 12 s.');
}

async function watchClock(scene: ConnectionParts, signal: AbortSignal): Promise<'alone'> {
  const { link, departures, ears, interruptions, waiting, room, greeter } = scene;
  const { clock } = room.parts;
  let companyAtMs = clock.nowMs();
  let lookAtMs = companyAtMs;
  for (;;) {
    const nowMs = clock.nowMs();
    attend(scene);
    for (const { speakerId, noticed } of ears.tick(nowMs)) take(speakerId, noticed, scene);
    interruptions.tick();
    waiting.tick(signal);
    giveWay(scene);
    greeter.look(nowMs, () => ears.talking().length > 0);
    if (nowMs >= lookAtMs) {
      lookAtMs = nowMs + lookMs;
      const isCompany = link.people().some(({ isBot }) => !isBot);
      if (isCompany) companyAtMs = nowMs;
      room.tracks.deck.attend(isCompany);
      departures.look();
      tellDecoding(
        room,
        room.troubles.decoding.keep((id) => isHeard(id, scene)),
      );
      rejoinToDecode(room, nowMs);
      room.floor.expire();
      resumePostponed(room, ears.talking().length === 0 && !scene.drafts.pending);
      look(scene);
    }
    if (nowMs - companyAtMs >= aloneMs) return 'alone';
    await clock.sleep(tickMs, signal);
  }
}

/** There, and may be heard. */
function isHeard(speakerId: string, { link, room }: ConnectionParts): boolean {
  return link.people().some(({ id }) => id === speakerId) && room.gate.mayHear(speakerId);
}

/** Whoever may not be heard any more is forgotten in the middle of the word. */
function attend({ ears, drafts, room: { gate } }: ConnectionParts): void {
  ears.keep((speakerId) => gate.mayHear(speakerId));
  drafts.keep((speakerId) => gate.mayHear(speakerId));
}

/** As the server has it at the moment. */
function giveWay({ ears, room }: ConnectionParts): void {
  room.tracks.deck.hear(ears.talking().length > 0, room.settings().duckForPeople);
}

function look({ link, ears, drafts, room }: ConnectionParts): void {
  const { channel, floor, gate, mouth, panel, tracks } = room;
  panel.look({
    channelName: channel.name,
    people: link.people(),
    gate,
    talking: ears.talking(),
    current: floor.next ?? drafts.pending,
    following: floor.following,
    sounds: mouth.sounds,
    step: stepOf(floor.current, mouth),
    tracks: tracks.deck.views,
  });
}

/** The tool people wait for. */
function stepOf(
  current: QueuedTurn | undefined,
  { sounds, starves }: SpeakingContext['mouth'],
): TextId | undefined {
  if (current?.kind !== 'question' || (sounds && !starves)) return undefined;
  return current.step?.();
}

/** Whatever is stopped or taken back gives the floor to the next; what a lost link kept from being heard comes again. */
async function speakAll(room: SpeakingContext, signal: AbortSignal): Promise<never> {
  for await (const matter of room.floor.matters(signal)) {
    const until = AbortSignal.any([signal, matter.claim.signal]);
    try {
      await say(matter, room, until).finally(() => {
        if (room.mouth.sounded) room.floor.heard(matter);
      });
    } catch (error) {
      if (matter.claim.takenBack && !signal.aborted) continue;
      if (signal.aborted) interrupt(matter, room);
      throw error;
    }
  }
  throw new Error('the line of matters never ends');
}

async function say(matter: QueuedTurn, room: SpeakingContext, signal: AbortSignal): Promise<void> {
  switch (matter.kind) {
    case 'question':
      return await answer(matter, room, signal);
    case 'reading':
      return await readAloud(matter, room, signal);
    case 'repeat':
      await room.mouth.again(matter, signal);
  }
}

/** Nothing is said twice: what was heard in part is over. */
function interrupt(matter: QueuedTurn, { floor, mouth }: SpeakingContext): void {
  if (matter.claim.dropped || floor.aside.some((one) => one === matter)) return;
  if (mouth.sounded) matter.claim.drop('lost');
  else floor.putBack(matter);
}
