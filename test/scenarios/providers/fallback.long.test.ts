import { expect } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { instantPace, openMockProviders } from '#test/fakes/providers/providers.ts';
import {
  callIn,
  converse,
  eventually,
  openOwnScenario,
  type ScenarioSetup,
  scenario,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');
const replies = [{ match: /^/, text: 'Yes.' }];

function written({ sandbox }: ScenarioSetup): string[] {
  return sandbox.messages('Lounge').map((message) => message.text);
}

scenario(
  'a server that fails is stood in for, the room reads so once, and it comes back',
  async () => {
    await using spare = await openMockProviders({ pace: instantPace });
    await using setup = await openOwnScenario({
      providers: { replies, trouble: { speech: 'bad-key' } },
      environment: { SPEECH_FALLBACK_BASE_URL: spare.baseUrl, SPEECH_API_KEY: 'canary-key-4711' },
    });
    const [provider, other] = [setup.providers, spare].map(({ baseUrl }) => new URL(baseUrl).host);
    const adam = await callIn(setup, 'Adam');
    await converse(setup, adam, question);
    const spoken = () => spare.requests.filter(({ endpoint }) => endpoint === 'speech').length;
    const line = text('fallback.on', { provider: `${provider}`, other: `${other}` });
    await eventually(() => expect(written(setup)).toContain(line));
    expect(spoken()).toBeGreaterThan(0);
    expect(JSON.stringify([spare.requests, setup.bot.log])).not.toContain('canary-key-4711');
    setup.providers.set({ trouble: {} });
    await eventually(() => expect(restMs(setup)).toBeGreaterThan(5_000));
    const before = spoken();
    await converse(setup, adam, question);
    expect(spoken()).toBe(before);
    expect(written(setup).filter((words) => words === line)).toHaveLength(1);
    const warnings = setup.bot.log.filter(({ level }) => Number(level) >= 40);
    expect(warnings.map(({ msg }) => msg)).toContain('a fallback is in use');
  },
);

/** Since the first server was asked for speech last. */
function restMs({ providers }: ScenarioSetup): number {
  const asked = providers.requests.findLast(({ endpoint }) => endpoint === 'speech');
  return realClock.nowMs() - (asked?.atMs ?? 0);
}
