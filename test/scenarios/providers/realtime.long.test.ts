import { expect } from 'vitest';
import { durationMs } from '#src/audio/pcm.ts';
import { speech } from '#test/audio/speech.ts';
import {
  callIn,
  eventually,
  openOwnScenario,
  type ScenarioSetup,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');
const text =
  'The Millau Viaduct, I think, which crosses the valley of the Tarn and is higher than the tower in Paris, and there is more to say of it than you would like to hear.';
const tolerableMs = 60;
const frameMs = 20;
/** Pause, in ms, after which speech does not go on with a question, but interrupts the answer. */
const laterMs = 1_500;

const commands = ({ providers }: ScenarioSetup, type: string) =>
  providers.talk.calls.flatMap((call) => call.commands.filter((one) => one.type === type));

scenario(
  'a model at the other end of one connection answers, and forgets what was talked over',
  async () => {
    await using setup = await openOwnScenario({
      environment: (_, { baseUrl }) => ({
        PIPELINE: 'realtime',
        REALTIME_BASE_URL: baseUrl.replace('http', 'ws'),
      }),
      providers: { talk: { soundSpeed: 1.2, answer: () => ({ text }) } },
    });
    const adam = await callIn(setup, 'Adam');
    const { firstPacketAtMs: sinceMs } = await adam.say(question, soon());
    const heard = () =>
      adam.heard.frames.filter(({ audible, atMs }) => audible && atMs > sinceMs).length * frameMs;
    await eventually(() => expect(heard()).toBeGreaterThan(laterMs));
    await adam.say(question, soon());
    await eventually(() => expect(commands(setup, 'conversation.item.truncate')).toHaveLength(1));
    const [cut] = commands(setup, 'conversation.item.truncate');
    expect(Math.abs(Number(cut?.audio_end_ms) - heard())).toBeLessThan(tolerableMs);
    expect(commands(setup, 'response.cancel')).toHaveLength(1);
    await eventually(() => expect(commands(setup, 'response.create')).toHaveLength(2));
    const [call] = setup.providers.talk.calls;
    expect(call?.items.map(({ role }) => role).slice(0, 3)).toEqual(['user', 'user', 'assistant']);
    expect(call?.items[2]?.soundMs).toBe(cut?.audio_end_ms);
    expect(call?.errors).toEqual([]);
    // Each utterance went up once, while it was spoken.
    const committedMs = (call?.commits ?? []).map(durationMs).reduce((sum, ms) => sum + ms, 0);
    expect(call?.soundMs).toBeLessThan(committedMs + 1000);
  },
);
