import { expect } from 'vitest';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { Persona } from '#src/conversation/settings/persona.ts';
import { personaFile } from '#src/features/personas/persona-file.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import type { TalkCall } from '#test/fakes/providers/realtime-call.ts';
import { buttonsOf, commandReply, pressed, whispered } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  converse,
  eventually,
  hearAnswer,
  openOwnScenario,
  type ScenarioSetup,
  scenario,
  shownMessages,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');
const captain: Persona = {
  name: 'Captain',
  instructions: 'You are an old captain.',
  voice: 'onyx',
  tone: 'Hoarse.',
};
const megabyte = 1_024 * 1_024;

function jsonFile(content: string | Uint8Array) {
  const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.from(content);
  return { name: 'persona.json', type: 'application/json', bytes };
}

/** Presses the button of a message whose name begins so, whatever it is about; what is read then. */
async function press(person: SandboxPerson, message: ShownMessage, name: string): Promise<string> {
  const [button = ''] = buttonsOf(message).find(([one]) => one.startsWith(`${name}:`)) ?? [];
  return (await pressed(person, message, button)).text;
}

/** The last speech that a server was asked for. */
function lastSpeech({ providers }: ScenarioSetup): unknown {
  return providers.requests.filter(({ endpoint }) => endpoint === 'speech').at(-1)?.body;
}

/** Voices that a Realtime conversation was told to have. */
function voicesOf({ commands }: TalkCall): readonly string[] {
  return [...JSON.stringify(commands).matchAll(/"voice":"(\w+)"/g)].map(([, voice = '']) => voice);
}

scenario(
  'a persona from a file is who the bot is from the next answer on, chained and in a Realtime conversation',
  async () => {
    await using setup = await openOwnScenario({
      environment: (_, { baseUrl }) => ({
        REALTIME_BASE_URL: baseUrl.replace('http', 'ws'),
        REALTIME_MODEL: 'talks',
      }),
      providers: {
        replies: [{ match: /^/, text: 'Aye, that it is.' }],
        talk: { answer: () => ({ text: 'Aye, so it is.' }) },
      },
    });
    const olga = await callIn(setup, 'Olga');
    await converse(setup, olga, question);

    const big = jsonFile(new Uint8Array(10 * megabyte).fill(0x20));
    expect(await commandReply(olga, 'voice import', { file: big })).toMatchObject(
      whispered('persona.bad.big', { kb: 64 }),
    );
    const hidden = personaFile({ ...captain, instructions: 'Be kind.\u{E0042}\u{E0061}' });
    expect(await commandReply(olga, 'voice import', { file: jsonFile(hidden) })).toMatchObject(
      whispered('persona.bad.hidden', { field: 'instructions' }),
    );
    const imported = await commandReply(olga, 'voice import', {
      file: jsonFile(personaFile(captain)),
    });
    expect(imported.text.split('\n')).toEqual([
      text('persona.saved', { persona: 'Captain' }),
      'You are an old captain.',
    ]);

    const switched = await commandReply(olga, 'voice bot', { persona: 'captain' });
    expect(switched.text.split('\n')).toEqual([
      text('persona.chosen', { persona: 'Captain', channel: 'Lounge' }),
      text('persona.voice', { voice: 'onyx' }),
      text('persona.keep_or_clear'),
    ]);
    expect(await press(olga, switched, 'persona.clear')).toBe(text('persona.cleared'));
    expect(await press(olga, switched, 'persona.keep')).toBe(text('persona.over'));
    await converse(setup, olga, question);
    const [head, ...rest] = shownMessages(setup);
    expect(head?.content).toMatch(/^You are an old captain\. Your name is Captain\./);
    expect(rest).toHaveLength(1);
    expect(lastSpeech(setup)).toMatchObject({ voice: 'onyx', instructions: 'Hoarse.' });

    await commandReply(olga, 'settings set', { key: 'pipeline', value: 'realtime' });
    const first = await olga.say(question, soon());
    await hearAnswer(olga, first.firstPacketAtMs);
    const back = await commandReply(olga, 'voice bot', { persona: 'default', voice: 'echo' });
    expect(await press(olga, back, 'persona.keep')).toBe(text('persona.kept'));
    const second = await olga.say(question, soon());
    await hearAnswer(olga, second.firstPacketAtMs);
    const { calls } = setup.providers.talk;
    await eventually(() => expect(calls.filter(({ isClosed }) => isClosed)).toHaveLength(1));
    expect(calls.map(voicesOf).map((voices) => [...new Set(voices)])).toEqual([['onyx'], ['echo']]);
    expect(calls.at(-1)?.items.map((item) => item.text)).toContain('Aye, that it is.');
    expect(calls.flatMap(({ errors }) => errors)).toEqual([]);
  },
);

scenario(
  'a persona that is written in a form is who the bot is, and a form changes it',
  async () => {
    await using setup = await openOwnScenario({
      providers: { replies: [{ match: /^/, text: 'Aye, that it is.' }] },
    });
    const olga = await callIn(setup, 'Olga');
    const opened = olga.command('voice bot', { form: 'new', persona: 'Captain' });
    expect(await opened.asked(soon())).toMatchObject({ title: text('form.persona.new') });
    const saved = await olga
      .submit(opened, { instructions: 'You are an old captain.', voice: 'onyx' })
      .answered(soon());
    expect(saved).toMatchObject({ ephemeral: true });
    expect(saved.text.split('\n')).toEqual([
      text('persona.saved', { persona: 'Captain' }),
      'You are an old captain.',
    ]);
    await commandReply(olga, 'voice bot', { persona: 'captain' });
    await converse(setup, olga, question);
    expect(shownMessages(setup)[0]?.content).toMatch(
      /^You are an old captain\. Your name is Captain/,
    );
    expect(lastSpeech(setup)).toMatchObject({ voice: 'onyx' });

    const again = olga.command('voice bot', { form: 'edit' });
    await again.asked(soon());
    await olga.submit(again, { name: 'Admiral', voice: 'echo' }).answered(soon());
    await converse(setup, olga, question);
    expect(shownMessages(setup)[0]?.content).toContain('Your name is Admiral.');
    expect(lastSpeech(setup)).toMatchObject({ voice: 'echo' });
  },
);
