import { realClock } from '#src/base/clock.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { takeOverClock } from './granted-clock.ts';

/** Longest time, in ms, by which one process may be ahead of another. */
const windowMs = 40;
const everyMs = 10;
const unlimited = { untilMs: Number.POSITIVE_INFINITY, lagMs: 0 };
const preload = import.meta.resolve('./bot-clock.ts');

type Participant = {
  isInUse: boolean;
  /** Undefined until it can be called: time does not wait for its start. */
  reachedMs: number | undefined;
  /** A grant was sent that it has not answered. */
  isAsked: boolean;
};

const real = { ...realClock };
const clock = takeOverClock(unlimited);
const participants = new Map<BotProcess, Participant>();
let ticking: NodeJS.Timeout | undefined;

/**
 * As `BotProcess.start`, with a clock that this process and all such bots share (conservative synchronisation).
 *
 * It keeps to real time as long as each process gets a processor. While one of them waits for a processor, time stands still
 * for all: a busy machine makes a scenario longer, and changes nothing in it.
 */
export async function startInSharedTime(
  ...[login, environment]: Parameters<typeof BotProcess.start>
): Promise<BotProcess> {
  const nowMs = clock.nowMs();
  const grant = `untilMs=${nowMs}&lagMs=${real.nowMs() - nowMs}`;
  const bot = await BotProcess.launch(login, environment, `${preload}?${grant}`);
  const participant: Participant = { isInUse: true, reachedMs: undefined, isAsked: false };
  bot.onMessage((message) => {
    participant.isAsked = false;
    if (participant.reachedMs !== undefined)
      participant.reachedMs = (message as { readonly reachedMs: number }).reachedMs;
  });
  participants.set(bot, participant);
  ticking ??= setInterval(tick, everyMs).unref();
  await bot.ready();
  participant.reachedMs = clock.nowMs();
  return bot;
}

/** The time of a bot that is not in use stands still, and no other waits for it. */
export function useInSharedTime(bot: BotProcess, isInUse: boolean): void {
  const participant = participants.get(bot);
  if (!participant) return;
  participant.isInUse = isInUse;
  participant.reachedMs = clock.nowMs();
  ticking ??= setInterval(tick, everyMs).unref();
}

function tick(): void {
  for (const bot of participants.keys()) if (!bot.isRunning) participants.delete(bot);
  const used = [...participants].filter(([, { isInUse }]) => isInUse);
  const nowMs = clock.nowMs();
  const reached = used.flatMap(([bot, { reachedMs }]) =>
    bot.isFrozen ? [] : [reachedMs ?? nowMs],
  );
  const untilMs = Math.max(nowMs, Math.min(nowMs, ...reached) + windowMs);
  const grant = { untilMs, lagMs: real.nowMs() - nowMs };
  for (const [bot, participant] of used) {
    if (participant.isAsked) continue;
    participant.isAsked = true;
    bot.send(grant);
  }
  clock.grant(used.length > 0 ? grant : unlimited);
  if (used.length > 0) return;
  clearInterval(ticking);
  ticking = undefined;
}
