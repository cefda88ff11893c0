import type { TimedEvent } from '#bench/manners/bench-channel.ts';
import { getErrorMessage } from '#src/base/errors.ts';
import type { EvalAct, EvalLine, EvalScene } from './eval-scene.ts';

/** Time in which somebody speaks. */
export type SpeechTime = { readonly fromMs: number; readonly toMs: number };

/** A voice channel with the bot and the people of one scene. */
export interface EvalRoom extends AsyncDisposable {
  readonly events: readonly TimedEvent[];
  nowMs(): number;
  /** Time of the last sound of the bot's voice; -Infinity before the first. */
  lastSoundMs(): number;
  /** They speak from that instant on, which is now or later. Errors: what kept an earlier line from being spoken. */
  sayLine(line: EvalLine, fromMs: number): Promise<SpeechTime>;
  passUntil(atMs: number): Promise<void>;
  movePerson(name: string, isHere: boolean): Promise<void>;
}

export type OpenRoom = (scene: EvalScene) => Promise<EvalRoom>;

/** A line as it was said. */
export type SaidLine = SpeechTime & {
  readonly line: EvalLine;
  /** Of a stop: from its end to the last sound of the bot's voice, in ms; less than 0 where it was silent by then. */
  readonly soundedMs?: number;
};

export type PlayedScene = {
  readonly scene: EvalScene;
  readonly said: readonly SaidLine[];
  readonly events: readonly TimedEvent[];
  /** Why it could not be played to its end. */
  readonly failure?: string;
};

/** Longest wait for an answer and its end, in ms. */
const maxAnswerWaitMs = 40_000;
/** After a stop the bot is silent for good: listened to for so long. */
const silenceAfterStopMs = 3_000;
/** Pause after an answer, and the time in which an answer that is not due would come. */
const [pauseAfterAnswerMs, uninvitedWindowMs] = [700, 5_000];
const stepMs = 20;

/** Plays a scene in the room that `open` gives. A room that fails is a failure of the scene, never an error. */
export async function playScene(
  scene: EvalScene,
  open: OpenRoom,
): Promise<PlayedScene> {
  try {
    await using room = await open(scene);
    return await playInRoom(room, scene);
  } catch (error) {
    return { scene, said: [], events: [], failure: getErrorMessage(error) };
  }
}

async function playInRoom(room: EvalRoom, scene: EvalScene) {
  const said: SaidLine[] = [];
  let atMs = room.nowMs();
  for (const act of scene.acts) atMs = await performAct(act, atMs, room, said);
  if (scene.acts.at(-1)?.do !== 'wait') await waitForAnswers(room, said, atMs);
  await room.passUntil(room.nowMs() + uninvitedWindowMs);
  await waitForQuiet(room);
  return { scene, said, events: [...room.events] };
}

/** Answers of which something was heard. */
export function listHeardAnswers(events: readonly TimedEvent[]) {
  return events.flatMap(({ atMs, event }) =>
    event.kind === 'answered' && event.heardText !== '' ? [{ ...event, atMs }] : [],
  );
}

/** Returns when the next act begins at the earliest. */
async function performAct(
  act: EvalAct,
  atMs: number,
  room: EvalRoom,
  said: SaidLine[],
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
      if (act.until === 'answer') await waitForAnswers(room, said, atMs);
      else await waitUntil(room, () => room.lastSoundMs() > atMs);
      return room.nowMs();
    case 'say': {
      const times = await room.sayLine(act, Math.max(room.nowMs(), atMs + act.afterMs));
      if (!act.stops) said.push({ line: act, ...times });
      else {
        await room.passUntil(times.toMs + silenceAfterStopMs);
        said.push({ line: act, ...times, soundedMs: room.lastSoundMs() - times.toMs });
      }
      return Math.max(room.nowMs(), times.toMs);
    }
  }
}

/** Every line that is due an answer has one, or the patience is over. */
async function waitForAnswers(
  room: EvalRoom,
  said: readonly SaidLine[],
  fromMs: number,
) {
  const due = said.filter(({ line }) => line.answer).length;
  await room.passUntil(fromMs);
  await waitUntil(room, () => listHeardAnswers(room.events).length >= due);
  await waitForQuiet(room);
}

async function waitForQuiet(room: EvalRoom) {
  await waitUntil(room, () => room.nowMs() - room.lastSoundMs() > pauseAfterAnswerMs);
}

async function waitUntil(room: EvalRoom, holds: () => boolean) {
  const lateMs = room.nowMs() + maxAnswerWaitMs;
  while (!holds() && room.nowMs() < lateMs) await room.passUntil(room.nowMs() + stepMs);
}
