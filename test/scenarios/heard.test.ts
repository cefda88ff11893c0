import { expect } from 'vitest';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { instantPace } from '#test/fakes/providers/providers.ts';
import {
  chats,
  eventually,
  hearAnswer,
  openOwnScenario,
  openScenario,
  type ScenarioSetup,
  scenario,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const lounge = { channel: 'Lounge' };

/** Recogniser with a text that the test sets. */
function recognising(first: string) {
  let heard = first;
  return {
    hears: () => heard,
    next: (text: string) => {
      heard = text;
    },
  };
}

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

scenario(
  'the panel shows what was understood, a correction replaces it, and it is gone when somebody comes',
  async () => {
    const recogniser = recognising('what is a zebrafinch');
    const replies = [
      { match: 'no, I said', text: 'It does not get here.' },
      { match: 'quaggafinch', text: 'An animal.' },
      { match: '', text: 'A bird that is small, and that sings a lot. '.repeat(8) },
    ];
    await using setup = await openScenario({ providers: { hears: recogniser.hears, replies } });
    const { adam, panel } = await joined(setup);
    await adam.say(speech('human-goforward'), soon());
    await eventually(() =>
      expect(shown(setup, panel)).toContain(understood('what is a zebrafinch')),
    );
    expect(shown(setup, panel)).toContain(text('panel.heard.correct'));
    recogniser.next('No, I said what is a quaggafinch?');
    await adam.say(speech('human-goforward'), soon());
    await eventually(() =>
      expect(shown(setup, panel)).toContain(understood('what is a quaggafinch')),
    );
    expect(shown(setup, panel)).not.toContain('zebrafinch');
    await eventually(() => expect(JSON.stringify(chats(setup).at(-1))).toContain('quaggafinch'));
    expect(JSON.stringify(chats(setup).at(-1))).not.toContain('zebrafinch');
    await seat(setup, 'Ben');
    await eventually(() => expect(shown(setup, panel)).not.toContain('quaggafinch'));
    expect(JSON.stringify(setup.bot.log)).not.toMatch(/zebrafinch|quaggafinch/);
  },
);

scenario('a reply to the panel replaces the question', async () => {
  const recogniser = recognising('what is the time in limestone');
  const replies = [{ match: '', text: 'Noon.' }];
  await using setup = await openScenario({ providers: { hears: recogniser.hears, replies } });
  const { adam, panel } = await joined(setup);
  const { firstPacketAtMs } = await adam.say(speech('human-goforward'), soon());
  await hearAnswer(adam, firstPacketAtMs);
  adam.write('what is the time in Lima', { ...lounge, replyTo: panel });
  await eventually(() => expect(JSON.stringify(chats(setup).at(-1))).toContain('in Lima'));
  expect(JSON.stringify(chats(setup).at(-1))).not.toContain('limestone');
  await eventually(() => expect(shown(setup, panel)).not.toContain('limestone'));
});

scenario('a panel in a text channel, which others read, shows nothing', async () => {
  const recogniser = recognising('Nova, what is a quaggahen');
  const replies = [{ match: '', text: 'An animal.' }];
  await using setup = await openScenario({ providers: { hears: recogniser.hears, replies } });
  const adam = await seat(setup, 'Adam');
  const panel = await adam.command('join').answered(soon()); // in a text channel, which others read
  await adam.settled(soon());
  const { firstPacketAtMs } = await adam.say(speech('human-goforward'), soon());
  await hearAnswer(adam, firstPacketAtMs);
  const edits = setup.sandbox.message(panel.id)?.edits ?? [];
  expect(JSON.stringify([shown(setup, panel), ...edits])).not.toContain('quaggahen');
});

scenario('the words are off the panel when the process has ended', async () => {
  const recogniser = recognising('what is a quaggafox');
  const replies = [{ match: '', text: 'An animal.' }];
  await using setup = await openOwnScenario({ providers: { hears: recogniser.hears, replies } });
  const { adam, panel } = await joined(setup);
  await adam.say(speech('human-goforward'), soon());
  await eventually(() => expect(shown(setup, panel)).toContain(understood('what is a quaggafox')));
  expect(await setup.bot.stop()).toBe(0);
  expect(shown(setup, panel)).not.toContain('quaggafox');
});

scenario('a server that is slower than usual is named while people wait', async () => {
  const recogniser = recognising('what is slow');
  const pace = { ...instantPace, firstTokenMs: 10_000 };
  const replies = [{ match: '', text: 'This.' }];
  const providers = { hears: recogniser.hears, replies, pace };
  await using setup = await openScenario({ providers });
  const { adam } = await joined(setup);
  await adam.say(speech('human-goforward'), soon());
  const [, rest = ''] = text('slow.think').split('{provider}');
  const notices = () => setup.sandbox.messages('Lounge').filter((one) => one.text.endsWith(rest));
  await eventually(() => expect(notices()).toHaveLength(1));
});

scenario('what a newcomer reads until the first answer', async () => {
  const recogniser = recognising('what can you do');
  const replies = [{ match: '', text: 'A few things.' }];
  await using setup = await openScenario({ providers: { hears: recogniser.hears, replies } });
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
