// Loaded into a bot by `--import …/bot-clock.ts?untilMs=…&lagMs=…`: its time passes as the process that started it grants it.
import { type TimeGrant, takeOverClock } from './granted-clock.ts';

const start = new URL(import.meta.url).searchParams;
const clock = takeOverClock({
  untilMs: Number(start.get('untilMs')),
  lagMs: Number(start.get('lagMs')),
});

process.on('message', (grant: TimeGrant) => {
  clock.grant(grant);
  // After what has arrived with it: packets, answers, timers that are due.
  setImmediate(() => process.connected && process.send?.({ reachedMs: clock.nowMs() }));
});
process.channel?.unref();
