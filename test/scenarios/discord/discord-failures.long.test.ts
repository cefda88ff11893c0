import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { realClock } from '#src/base/clock.ts';
import { speech } from '#test/audio/speech.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  converse,
  eventually,
  openOwnScenario,
  openScenario,
  type ScenarioSetup,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';
import { openVoiceRequests } from '#test/scenarios/setup/voice-requests.ts';

const question = speech('human-cards-001');
const replies = [{ match: /^/, text: 'Yes, of course.' }];
const stepMs = 20_000;

async function expectConversation(setup: ScenarioSetup, person: SandboxPerson): Promise<void> {
  const { uttered, heard, made } = await converse(setup, person, question);
  await expectAlike(uttered, question);
  await expectAlike(heard.pcm, made);
}

scenario('a gateway that breaks and is resumed while somebody speaks changes nothing', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const adam = await callIn(setup, 'Adam');
  const resumed = setup.bot.logged(({ what }) => what === 'resumed', stepMs);
  const { sentPackets } = adam.counts();
  const conversation = expectConversation(setup, adam);
  await eventually(() => expect(adam.counts().sentPackets).toBeGreaterThan(sentPackets + 20));
  setup.sandbox.faults.dropGateway();
  await Promise.all([conversation, resumed]);
  expect(setup.sandbox.bot()).toEqual({ online: true, channel: 'Lounge' });
  const left = await adam.command('leave').answered(soon());
  expect(left.text).toMatch(/^Left Lounge/);
});

scenario('a gateway that answers no heartbeat is replaced, and the call goes on', async () => {
  await using setup = await openOwnScenario({
    providers: { replies },
    sandbox: { heartbeatMs: 1_500 },
  });
  const adam = await callIn(setup, 'Adam');
  setup.sandbox.faults.ignoreHeartbeats();
  await setup.bot.logged(({ what }) => what === 'reconnecting', stepMs);
  setup.sandbox.faults.heal();
  await setup.bot.logged(({ what }) => what === 'resumed', stepMs);
  expect(setup.sandbox.bot()).toEqual({ online: true, channel: 'Lounge' });
  await expectConversation(setup, adam);
  expect(setup.bot.log.filter(({ msg }) => msg === 'link-opened')).toHaveLength(1);
});

scenario('a bot that is asked to stop leaves its channel first, whatever hangs', async () => {
  const onlineAtLeaving: boolean[] = [];
  const { half: voice } = openVoiceRequests(() => onlineAtLeaving.push(setup.sandbox.bot().online));
  const providers = { trouble: { chat: 'stalled' } } as const;
  await using setup = await openOwnScenario({ providers, sandbox: { voice } });
  const adam = await callIn(setup, 'Adam');
  await adam.say(question, soon());
  const endpoints = () => setup.providers.requests.map(({ endpoint }) => endpoint);
  await eventually(() => expect(endpoints()).toContain('chat'));
  expect(await setup.bot.stop()).toBe(0);
  expect(onlineAtLeaving).toEqual([true]);
});

scenario('a Discord that answers no request keeps nobody from sending the bot away', async () => {
  const providers = { replies, trouble: { speech: 'error-500' } } as const;
  await using setup = await openScenario({ providers });
  const adam = await callIn(setup, 'Adam');
  setup.sandbox.faults.rest({ delayMs: 30_000, times: Number.POSITIVE_INFINITY });
  await adam.say(question, soon());
  const endpoints = () => setup.providers.requests.map(({ endpoint }) => endpoint);
  await eventually(() => expect(endpoints()).toContain('speech'));
  adam.command('leave');
  const atMs = realClock.nowMs();
  await eventually(() => expect(setup.sandbox.bot().channel).toBeUndefined());
  expect(realClock.nowMs() - atMs).toBeLessThan(5_000);
  expect(await setup.bot.stop()).toBe(0);
});
