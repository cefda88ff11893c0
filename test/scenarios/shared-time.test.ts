import { setTimeout as reallyPass } from 'node:timers/promises';
import { expect } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { speech } from '#test/audio/speech.ts';
import {
  callIn,
  hearAnswer,
  hearing,
  openScenario,
  pass,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const heldMs = 900;
/** Longest time, in ms, that passes while one process has no processor, and a frame. */
const mostMs = 60;
const held = new Int32Array(new SharedArrayBuffer(4));

scenario(
  'no time passes for a bot and its Discord while one of them gets no processor',
  async () => {
    const replies = [{ match: /^/, text: 'Yes, that is what I have been told, too.' }];
    await using setup = await openScenario({ providers: { replies } });
    const adam = await callIn(setup, 'Adam');
    const said = adam.say(speech('human-goforward'), soon());
    await pass(500);
    const beforeDiscordMs = realClock.nowMs();
    Atomics.wait(held, 0, 0, heldMs);
    expect(realClock.nowMs() - beforeDiscordMs).toBeLessThan(mostMs);
    const { firstPacketAtMs } = await said;
    await hearing(adam);
    const beforeBotMs = realClock.nowMs();
    process.kill(setup.bot.pid, 'SIGSTOP');
    await reallyPass(heldMs);
    expect(realClock.nowMs() - beforeBotMs).toBeLessThan(mostMs);
    process.kill(setup.bot.pid, 'SIGCONT');
    await hearAnswer(adam, firstPacketAtMs);
    const { frames } = adam.heard;
    const answer = frames.slice(frames.findIndex(({ atMs }) => atMs > firstPacketAtMs));
    const gaps = answer.map(({ atMs }, n) => atMs - (answer[n - 1]?.atMs ?? atMs));
    expect(Math.max(...gaps)).toBeLessThan(2 * mostMs);
  },
);
