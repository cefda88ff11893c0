// Loaded into the bot by --import: counts the voice frames that leave late, and holds the event loop when told to.
import { hold } from '#bench/processes/hold.ts';
import { watchVoiceFrames } from '#bench/processes/voice-frames.ts';
import type { CapacityPreloadOrder, FrameFigures } from './orders.ts';

const mostLateMs = 20;
let [sent, late] = [0, 0];

watchVoiceFrames((lateMs) => {
  sent++;
  if (lateMs !== undefined && lateMs > mostLateMs) late++;
});

process.on('message', (order: CapacityPreloadOrder) => {
  if (order.do === 'hold') {
    hold(order.forMs);
    return;
  }
  process.send?.({ sent, late } satisfies FrameFigures);
  [sent, late] = [0, 0];
});
process.channel?.unref();
