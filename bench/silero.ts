// How long one window of voice detection takes: npx node bench/silero.ts
import { loadSilero } from '#src/audio/voice/silero.ts';
import { VoiceActivity, windowSamples } from '#src/audio/voice/voice-activity.ts';

const warmUp = 500;
const measured = 5000;

const activity = new VoiceActivity(await loadSilero());
const window = new Float32Array(windowSamples);
const timesUs: number[] = [];
for (let n = 0; n < warmUp + measured; n++) {
  for (let k = 0; k < windowSamples; k++) window[k] = Math.random() - 0.5;
  const from = process.hrtime.bigint();
  activity.probability(window);
  if (n >= warmUp) timesUs.push(Number(process.hrtime.bigint() - from) / 1000);
}
timesUs.sort((a, b) => a - b);
const at = (part: number) => timesUs[Math.floor(part * (measured - 1))]?.toFixed(0);
console.log(`silero: ${measured} windows of 32 ms, p50 ${at(0.5)} us, p99 ${at(0.99)} us`);
