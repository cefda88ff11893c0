import type { TimedEvent } from '#bench/manners/channel.ts';
import { messageOf } from '#src/base/errors.ts';
import type { EvalAct, EvalLine, EvalScene } from './scene.ts';

/** Time in which somebody speaks. */
export type SpeechTime = { readonly fromMs: number; readonly toMs: number };

/** A voice channel with the bot and the people of one scene. */
export interface EvalRoom extends AsyncDisposable {
  readonly events: readonly TimedEvent[];
  nowMs(): number;
  /** Time of the last sound of the bot's voice; -Infinity before the first. */
  lastSoundMs(): number;
  /** They speak from that instant on, which is now or later. Errors: what kept an earlier line from being spoken. */
  say(line: EvalLine, fromMs: number): Promise<SpeechTime>;
  passTo(atMs: number): Promise<void>;
  move(name: string, isHere: boolean): Promise<void>;
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
const patienceMs = 40_000;
/** After a stop the bot is silent for good: listened to for so long. */
const stoppedMs = 3_000;
/** Pause after an answer, and the time in which an answer that is not due would come. */
const [breathMs, uninvitedMs] = [700, 5_000];
const stepMs = 20;

/** Plays a scene in the room that `open` gives. A room that fails is a failure of the scene, never an error. */
export async function play(scene: EvalScene, open: OpenRoom): Promise<PlayedScene> {
  try {
    await using room = await open(scene);
    return await playIn(room, scene);
  } catch (error) {
    return { scene, said: [], events: [], failure: messageOf(error) };
  }
}

async function playIn(room: EvalRoom, scene: EvalScene): Promise<PlayedScene> {
  const said: SaidLine[] = [];
  let atMs = room.nowMs();
  for (const act of scene.acts) atMs = await perform(act, atMs, room, said);
  if (scene.acts.at(-1)?.do !== 'wait') await answered(room, said, atMs);
  await room.passTo(room.nowMs() + uninvitedMs);
  await untilQuiet(room);
  return { scene, said, events: [...room.events] };
}

/** Answers of which something was heard. */
export function heardAnswers(events: readonly TimedEvent[]) {
  return events.flatMap(({ atMs, event }) =>
    event.kind === 'answered' && event.heardText !== '' ? [{ ...event, atMs }] : [],
  );
}

/** Returns when the next act begins at the earliest. */
async function perform(
  act: EvalAct,
  atMs: number,
  room: EvalRoom,
  said: SaidLine[],
): Promise<number> {
  switch (act.do) {
    case 'pause':
      return atMs + act.ms;
    case 'go':
    case 'come':
      await room.passTo(atMs);
      await room.move(act.who, act.do === 'come');
      return room.nowMs();
    case 'wait':
      await room.passTo(atMs);
      if (act.until === 'answer') await answered(room, said, atMs);
      else await until(room, () => room.lastSoundMs() > atMs);
      return room.nowMs();
    case 'say': {
      const times = await room.say(act, Math.max(room.nowMs(), atMs + act.afterMs));
      if (!act.stops) said.push({ line: act, ...times });
      else {
        await room.passTo(times.toMs + stoppedMs);
        said.push({ line: act, ...times, soundedMs: room.lastSoundMs() - times.toMs });
      }
      return Math.max(room.nowMs(), times.toMs);
    }
  }
}

/** Every line that is due an answer has one, or the patience is over. */
async function answered(room: EvalRoom, said: readonly SaidLine[], fromMs: number) {
  const due = said.filter(({ line }) => line.answer).length;
  await room.passTo(fromMs);
  await until(room, () => heardAnswers(room.events).length >= due);
  await untilQuiet(room);
}

async function untilQuiet(room: EvalRoom) {
  await until(room, () => room.nowMs() - room.lastSoundMs() > breathMs);
}

async function until(room: EvalRoom, holds: () => boolean) {
  const lateMs = room.nowMs() + patienceMs;
  while (!holds() && room.nowMs() < lateMs) await room.passTo(room.nowMs() + stepMs);
}
