import type { TimedEvent } from '#bench/manners/bench-channel.ts';
import { getErrorMessage } from '#src/base/errors.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { EvalAct, EvalLine, EvalScene } from './eval-scene.ts';

/** Span in which somebody speaks, on the room's clock. */
export type SpeechTime = { readonly fromMs: number; readonly toMs: number };

/** A voice channel with the bot and the people of one scene. */
export interface EvalRoom extends AsyncDisposable {
  /** Events of the bot so far, oldest first. */
  readonly events: readonly TimedEvent[];
  /** Time of the last sound of the bot's voice. -Infinity before the first. */
  readonly lastSoundMs: number;
  /** Returns the present instant of the room's clock. */
  nowMs(): number;
  /** Speaks a line from `fromMs` on, which is now or later. Does not wait for its end. */
  sayLine(line: EvalLine, fromMs: number): Promise<SpeechTime>;
  /** Lets time pass until that instant. Throws the error that kept a line from being spoken. */
  passUntil(atMs: number): Promise<void>;
  /** Brings a person into the channel, or out of it. */
  movePerson(name: string, isHere: boolean): Promise<void>;
}

/** A line as it was said. */
export type SaidLine = SpeechTime & {
  readonly line: EvalLine;
  /** Time from the end of a stop to the last sound of the bot's voice, in ms. Below 0 where the bot was silent by then. Undefined for a line that is no stop. */
  readonly soundedMs?: number;
};

/** A scene that was played: the lines as they were said, and the events of the bot. */
export type PlayedScene = {
  readonly scene: EvalScene;
  readonly saidLines: readonly SaidLine[];
  readonly events: readonly TimedEvent[];
  /** Reason why the scene could not be played to its end. Undefined: it was. */
  readonly failure?: string;
};

/** Longest wait for an answer and its end, in ms. */
const maxAnswerWaitMs = 40_000;
/** After a stop the bot is silent for good: listened to for so long. */
const silenceAfterStopMs = 3_000;
/** Pause after an answer, and the time in which an answer that is not due would come. */
const pauseAfterAnswerMs = 700;
const uninvitedWindowMs = 5_000;
const stepMs = 20;

/** Plays a scene in the room that `openRoom` gives. Never throws: a room that fails is a failure of the scene. */
export async function playScene(
  scene: EvalScene,
  openRoom: () => Promise<EvalRoom>,
): Promise<PlayedScene> {
  try {
    await using room = await openRoom();
    return await playInRoom(room, scene);
  } catch (error) {
    return { scene, saidLines: [], events: [], failure: getErrorMessage(error) };
  }
}

async function playInRoom(room: EvalRoom, scene: EvalScene) {
  const saidLines: SaidLine[] = [];
  let atMs = room.nowMs();
  for (const act of scene.acts) atMs = await performAct(act, atMs, room, saidLines);
  if (scene.acts.at(-1)?.do !== 'wait') await waitForAnswers(room, saidLines, atMs);
  await room.passUntil(room.nowMs() + uninvitedWindowMs);
  await waitForQuiet(room);
  return { scene, saidLines, events: [...room.events] };
}

/** An answer of which something was heard. */
export type PlayedAnswer = Extract<SessionEvent, { readonly kind: 'answered' }> & {
  readonly atMs: number;
};

/** Lists answers of which something was heard, in the order of their ends. */
export function listHeardAnswers(
  events: readonly TimedEvent[],
): readonly PlayedAnswer[] {
  return events.flatMap(({ atMs, event }) =>
    event.kind === 'answered' && event.heardText !== '' ? [{ ...event, atMs }] : [],
  );
}

/** Performs an act. Returns the earliest instant at which the next one begins. */
async function performAct(
  act: EvalAct,
  atMs: number,
  room: EvalRoom,
  saidLines: SaidLine[],
) {
  switch (act.do) {
    case 'pause':
      return atMs + act.ms;
    case 'go':
    case 'come':
      await room.passUntil(atMs);
      await room.movePerson(act.who, act.do === 'come');
      return room.nowMs();
    case 'wait':
      await room.passUntil(atMs);
      if (act.until === 'answer') await waitForAnswers(room, saidLines, atMs);
      else await waitUntil(room, () => room.lastSoundMs > atMs);
      return room.nowMs();
    case 'say': {
      const times = await room.sayLine(act, Math.max(room.nowMs(), atMs + act.afterMs));
      if (!act.stops) saidLines.push({ line: act, ...times });
      else {
        await room.passUntil(times.toMs + silenceAfterStopMs);
        saidLines.push({
          line: act,
          ...times,
          soundedMs: room.lastSoundMs - times.toMs,
        });
      }
      return Math.max(room.nowMs(), times.toMs);
    }
  }
}

/** Waits until every line that is due an answer has one, for 40 s at most. */
async function waitForAnswers(
  room: EvalRoom,
  saidLines: readonly SaidLine[],
  fromMs: number,
) {
  const dueCount = saidLines.filter(({ line }) => line.answer).length;
  await room.passUntil(fromMs);
  await waitUntil(room, () => listHeardAnswers(room.events).length >= dueCount);
  await waitForQuiet(room);
}

async function waitForQuiet(room: EvalRoom) {
  await waitUntil(room, () => room.nowMs() - room.lastSoundMs > pauseAfterAnswerMs);
}

async function waitUntil(room: EvalRoom, isTrue: () => boolean) {
  const lateMs = room.nowMs() + maxAnswerWaitMs;
  while (!isTrue() && room.nowMs() < lateMs)
    await room.passUntil(room.nowMs() + stepMs);
}
