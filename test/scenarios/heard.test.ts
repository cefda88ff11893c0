import { expect } from 'vitest';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { instantPace } from '#test/fakes/providers/providers.ts';
import {
  eventually,
  hearAnswer,
  openOwnScenario,
  openScenario,
  type ScenarioSetup,
  scenario,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

/** Adam, with the bot whose panel he called into the chat of the voice channel. */
async function joined(setup: ScenarioSetup) {
  const adam = await seat(setup, 'Adam');
  const panel = await adam.command('join', {}, 'Lounge').answered(soon());
  await adam.settled(soon());
  return { adam, panel };
}

function shown({ sandbox }: ScenarioSetup, { id }: ShownMessage): string {
  return sandbox.message(id)?.text ?? '';
}

const understood = (words: string) => text('panel.heard', { name: 'Adam', words });

scenario('the panel shows what was understood, also when somebody comes', async () => {
  const hears = () => 'what is a zebrafinch';
  const replies = [{ match: '', text: 'A bird that is small, and that sings a lot. '.repeat(8) }];
  await using setup = await openScenario({ providers: { hears, replies } });
  const { adam, panel } = await joined(setup);
  await adam.say(speech('human-goforward'), soon());
  await eventually(() => expect(shown(setup, panel)).toContain(understood('what is a zebrafinch')));
  const ben = await seat(setup, 'Ben');
  await ben.settled(soon());
  expect(shown(setup, panel)).toContain(understood('what is a zebrafinch'));
  expect(JSON.stringify(setup.bot.log)).not.toContain('zebrafinch');
});

scenario('a panel in a text channel, which others read, shows nothing', async () => {
  const hears = () => 'Nova, what is a quaggahen';
  const replies = [{ match: '', text: 'An animal.' }];
  await using setup = await openScenario({ providers: { hears, replies } });
  const adam = await seat(setup, 'Adam');
  const panel = await adam.command('join').answered(soon()); // in a text channel, which others read
  await adam.settled(soon());
  const { firstPacketAtMs } = await adam.say(speech('human-goforward'), soon());
  await hearAnswer(adam, firstPacketAtMs);
  const edits = setup.sandbox.message(panel.id)?.edits ?? [];
  expect(JSON.stringify([shown(setup, panel), ...edits])).not.toContain('quaggahen');
});

scenario('the words are off the panel when the process has ended', async () => {
  const hears = () => 'what is a quaggafox';
  const replies = [{ match: '', text: 'An animal.' }];
  await using setup = await openOwnScenario({ providers: { hears, replies } });
  const { adam, panel } = await joined(setup);
  await adam.say(speech('human-goforward'), soon());
  await eventually(() => expect(shown(setup, panel)).toContain(understood('what is a quaggafox')));
  expect(await setup.bot.stop()).toBe(0);
  expect(shown(setup, panel)).not.toContain('quaggafox');
});

scenario('answers slower than usual are told while people wait', async () => {
  const hears = () => 'what is slow';
  const pace = { ...instantPace, firstTokenMs: 10_000 };
  const replies = [{ match: '', text: 'This.' }];
  const providers = { hears, replies, pace };
  await using setup = await openScenario({ providers });
  const { adam } = await joined(setup);
  await adam.say(speech('human-goforward'), soon());
  const line = text('slow.think');
  const notices = () => setup.sandbox.messages('Lounge').filter((one) => one.text === line);
  await eventually(() => expect(notices()).toHaveLength(1));
});

scenario('what a newcomer reads until the first answer', async () => {
  const hears = () => 'what can you do';
  const replies = [{ match: '', text: 'A few things.' }];
  await using setup = await openScenario({ providers: { hears, replies } });
  const read = new Map<string, string>();
  setup.sandbox.onMessage(({ message }) => {
    for (const line of message.text.split('\n')) {
      const kind = line.replace(/\d+ ms/, 'N ms');
      if (line !== '' && !read.has(kind)) read.set(kind, line);
    }
  });
  const { adam } = await joined(setup);
  const { firstPacketAtMs } = await adam.say(speech('human-goforward'), soon());
  await hearAnswer(adam, firstPacketAtMs);
  const lines = [...read.values()];
  console.log(
    [`A newcomer reads ${lines.length} texts until the first answer:`, ...lines].join('\n- '),
  );
  expect(lines.length).toBeLessThanOrEqual(16);
});
