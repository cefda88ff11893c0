import { BotError } from '#src/base/errors.ts';
import { together } from '#src/base/run-together.ts';
import type { DecodingChange } from '#src/link/decoding-watchdog.ts';
import { aloneMs } from '#src/people/join-rules.ts';
import { answer } from '#src/session/answering/answer.ts';
import { resumePostponed } from '#src/session/answering/postpone.ts';
import { readAloud } from '#src/session/output/read-aloud.ts';
import type { VoiceLink } from '#src/session/ports/voice-link.ts';
import type { QueuedTurn } from '#src/session/queue/queued-turn.ts';
import type { TextId } from '#src/texts/texts.ts';
import { type ConnectionParts, openConnectionParts, take } from './connection-parts.ts';
import type { SessionContext, SpeakingContext } from './context.ts';

/** Interval of endpointing, in ms: an utterance can end between packets. */
const tickMs = 20;
/** Interval in ms at which the state for the panel is looked at. */
const lookMs = 100;

/**
 * The loop of one voice channel: hears until left, says one thing after the other.
 *
 * Returns 'alone' when nobody else was there for a minute. Errors: as `VoiceLink.hear`, which also ends, once in
 * ten minutes, when somebody cannot be decoded; anything else is a bug.
 * Aborting `signal` throws `signal.reason`.
 */
export async function runConnection(
  link: VoiceLink,
  context: SessionContext,
  signal: AbortSignal,
): Promise<'alone' | 'lost'> {
  const { gate } = context;
  using scene = openConnectionParts(link, context);
  gate.onChange(() => {
    attend(scene);
    look(scene);
  });
  try {
    return await together<'alone' | 'lost'>(signal, [
      (until) => hearPackets(scene, until),
      (until) => watchClock(scene, until),
      (until) => scene.utterances.watch(until),
      (until) => speakAll(scene.context, until),
    ]);
  } finally {
    gate.onChange(() => undefined);
  }
}

/** A packet may have waited while its speaker said no, so the gate is asked once more. */
async function hearPackets(scene: ConnectionParts, signal: AbortSignal): Promise<'lost'> {
  const { link, inputs, context } = scene;
  for await (const packet of link.hear(signal)) {
    const { speakerId } = packet;
    if (!context.gate.mayHear(speakerId)) continue;
    const noticed = inputs.put(packet);
    for (const one of noticed) take(speakerId, one, scene);
    const unheardMs = inputs.unheardMs(speakerId);
    if (unheardMs > 0)
      tellDecoding(
        context,
        context.reportedFailures.decoding.missed(speakerId, unheardMs, packet.atMs),
      );
    else if (noticed.length > 0)
      tellDecoding(context, context.reportedFailures.decoding.decoded(speakerId));
  }
  return 'lost';
}

/** Each time somebody cannot be decoded the operator is told, and the room. */
function tellDecoding(context: SessionContext, change: DecodingChange | undefined): void {
  if (!change) return;
  const { channel, parts, notice, people, reportedFailures } = context;
  const isRaised = change.kind === 'raised';
  const state = isRaised ? 'raised' : 'cleared';
  const cause = isRaised ? '5 s of sound in a row' : 'everybody there can be decoded';
  const name = 'undecodable-speaker';
  parts.onEvent(channel.guildId, { kind: 'alert', name, state, cause });
  if (!isRaised) return;
  const person = people().find(({ id }) => id === change.speakerId);
  const holds = () => reportedFailures.decoding.isRaised(change.speakerId);
  if (change.rejoins) notice({ id: 'heard.nothing' });
  else notice({ id: 'heard.undecodable', with: { name: person?.name ?? '' } }, holds);
}

/** Who asked something that could not be decoded learns that it has to be said again. */
function tellUndecodedUtterances(context: SessionContext, atMs: number): void {
  for (const speakerId of context.reportedFailures.decoding.endedUtterances(atMs)) {
    const person = context.people().find(({ id }) => id === speakerId);
    if (person) context.notice({ id: 'heard.undecoded', with: { name: person.name } });
  }
}

/** A new link has new keys. */
function rejoinToDecode({ reportedFailures }: SessionContext, atMs: number): void {
  if (!reportedFailures.decoding.rejoins(atMs)) return;
  throw new BotError('link.lost', true, 'Somebody was not decodable for 12 s.');
}

async function watchClock(scene: ConnectionParts, signal: AbortSignal): Promise<'alone'> {
  const { link, departures, inputs, interruptions, waiting, context, greeter } = scene;
  const { clock } = context.parts;
  let companyAtMs = clock.nowMs();
  let lookAtMs = companyAtMs;
  for (;;) {
    const nowMs = clock.nowMs();
    attend(scene);
    for (const { speakerId, noticed } of inputs.tick(nowMs)) take(speakerId, noticed, scene);
    interruptions.tick();
    waiting.tick(signal);
    giveWay(scene);
    scene.orderlyEnd.look();
    greeter.look(nowMs, () => inputs.talking().length > 0);
    if (nowMs >= lookAtMs) {
      lookAtMs = nowMs + lookMs;
      const isCompany = link.people().some(({ isBot }) => !isBot);
      if (isCompany) companyAtMs = nowMs;
      context.tracks.owned.attend(isCompany);
      departures.look();
      lookAtCaptions(scene);
      tellDecoding(
        context,
        context.reportedFailures.decoding.keep((id) => isHeard(id, scene)),
      );
      rejoinToDecode(context, nowMs);
      tellUndecodedUtterances(context, nowMs);
      context.queue.expire();
      resumePostponed(context, inputs.talking().length === 0 && !scene.utterances.pending);
      look(scene);
    }
    if (nowMs - companyAtMs >= aloneMs) return 'alone';
    await clock.sleep(tickMs, signal);
  }
}

/** There, and may be heard. */
function isHeard(speakerId: string, { link, context }: ConnectionParts): boolean {
  return link.people().some(({ id }) => id === speakerId) && context.gate.mayHear(speakerId);
}

/** Drops people who may not be heard any more, in the middle of a word. */
function attend({ inputs, utterances, context: { gate } }: ConnectionParts): void {
  inputs.keep((speakerId) => gate.mayHear(speakerId));
  utterances.keep((speakerId) => gate.mayHear(speakerId));
}

/** As the server has it at the moment. */
function giveWay({ inputs, context }: ConnectionParts): void {
  context.tracks.owned.hear(inputs.talking().length > 0, context.settings().duckForPeople);
}

function look({ link, inputs, utterances, context }: ConnectionParts): void {
  const { channel, queue, gate, output, panel, tracks } = context;
  panel.look({
    channelName: channel.name,
    people: link.people(),
    gate,
    talking: inputs.talking(),
    current: queue.next ?? utterances.pending,
    following: queue.following,
    sounds: output.sounds,
    step: stepOf(queue.current, output),
    tracks: tracks.owned.views,
  });
}

/** Who is there, and what is being said, as captions show it. */
function lookAtCaptions({ link, context }: ConnectionParts): void {
  const { captions, output } = context;
  captions.look(link.people());
  if (output.sent) captions.said(output.sent);
}

/** The tool people wait for. */
function stepOf(
  current: QueuedTurn | undefined,
  { sounds, starves }: SpeakingContext['output'],
): TextId | undefined {
  if (current?.kind !== 'question' || (sounds && !starves)) return undefined;
  return current.step?.();
}

/** Whatever is stopped or taken back gives the floor to the next; what a lost link kept from being heard comes again. */
async function speakAll(context: SpeakingContext, signal: AbortSignal): Promise<never> {
  for await (const turn of context.queue.matters(signal)) {
    const until = AbortSignal.any([signal, turn.handle.signal]);
    try {
      await say(turn, context, until).finally(() => {
        if (context.output.sounded) context.queue.heard(turn);
      });
    } catch (error) {
      if (turn.handle.takenBack && !signal.aborted) continue;
      if (signal.aborted) interrupt(turn, context);
      throw error;
    }
  }
  throw new Error('the line of matters never ends');
}

async function say(turn: QueuedTurn, context: SpeakingContext, signal: AbortSignal): Promise<void> {
  switch (turn.kind) {
    case 'question':
      return await answer(turn, context, signal);
    case 'reading':
      return await readAloud(turn, context, signal);
    case 'repeat':
      await context.output.again(turn, signal);
  }
}

/** Nothing is said twice: what was heard in part is over. */
function interrupt(turn: QueuedTurn, { queue, output }: SpeakingContext): void {
  if (turn.handle.dropped || queue.aside.some((one) => one === turn)) return;
  if (output.sounded) turn.handle.drop('lost');
  else queue.putBack(turn);
}
