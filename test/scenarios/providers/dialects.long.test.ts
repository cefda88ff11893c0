import { expect } from 'vitest';
import { speech } from '#test/audio/speech.ts';
import { instantPace, openMockProviders } from '#test/fakes/providers/providers.ts';
import { type EchoingServer, openEchoing } from '#test/fakes/servers/key-echo-server.ts';
import { freePort } from '#test/fakes/servers/listening.ts';
import {
  callIn,
  eventually,
  openOwnScenario,
  type ScenarioSetup,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');
const roles = ['TRANSCRIPTION', 'CHAT_COMPLETION', 'SPEECH'] as const;
type Role = (typeof roles)[number];
const keyOf = (role: Role) => `canary-${role.toLowerCase()}-5f3a9c`;

/** From now on this server repeats its key; somebody asks something until it has, and the operator was told. */
async function provoke(setup: ScenarioSetup, server: EchoingServer, times: number): Promise<void> {
  server.echo = true;
  const reported = () => setup.bot.log.filter((line) => JSON.stringify(line).includes('provider.'));
  const [adam, before] = [setup.sandbox.person('Adam'), reported().length];
  await adam.say(question, soon());
  await eventually(() => {
    expect(server.echoes).toBeGreaterThanOrEqual(times);
    expect(reported().length).toBeGreaterThan(before);
  });
}

scenario(
  'a key that its server repeats everywhere is in no log, message or metric, and goes to no other host',
  async () => {
    await using behind = await openMockProviders({
      pace: instantPace,
      hears: 'Nova, utterance 1!',
      replies: [{ match: /^/, text: 'Yes.' }],
    });
    await using stack = new AsyncDisposableStack();
    const opened = roles.map(async () => stack.use(await openEchoing(behind.baseUrl)));
    const servers = await Promise.all(opened);
    servers.forEach((server, n) => {
      server.elsewhere = servers[(n + 1) % servers.length]?.baseUrl ?? '';
    });
    const status = await freePort();
    const settings = roles.flatMap((role, n) => [
      [`${role}_BASE_URL`, servers[n]?.baseUrl ?? ''],
      [`${role}_API_KEY`, keyOf(role)],
    ]);
    const environment = { LOG_LEVEL: 'trace', STATUS_PORT: `${status}` };
    await using setup = await openOwnScenario({
      environment: { ...environment, ...Object.fromEntries(settings) },
    });
    await callIn(setup, 'Adam');
    for (const server of servers.toReversed()) await provoke(setup, server, 1);
    const metrics = await (await fetch(`http://127.0.0.1:${status}/metrics`)).text();
    const { bot, sandbox } = setup;
    await bot.stop();
    const shown = JSON.stringify([bot.log, sandbox.requests(), sandbox.messages('Lounge')]);
    expect(shown).toContain('[key]');
    expect(`${shown}${metrics}${bot.complaints}`).not.toMatch(/canary|5f3a9c/);
    for (const [n, role] of roles.entries()) {
      const received = servers[n]?.received ?? '';
      expect(received).toContain(`Bearer ${keyOf(role)}`);
      for (const other of roles.filter((one) => one !== role))
        expect(received).not.toContain(keyOf(other));
    }
  },
);
