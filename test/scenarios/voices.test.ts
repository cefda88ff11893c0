import { expect } from 'vitest';
import type { Persona } from '#src/conversation/settings/persona.ts';
import { personaFile } from '#src/features/personas/persona-file.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply, whispered } from '#test/scenarios/setup/asking.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  chats,
  eventually,
  hearAnswer,
  madeTexts,
  openScenario,
  scenario,
  seat,
  soon,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

scenario(
  'a voice is heard before it is chosen: aloud in a quiet channel, else in a file for its caller alone',
  async () => {
    await using setup = await openScenario();
    const { providers, sandbox } = setup;
    const spokenIn = () =>
      providers.requests.flatMap(({ endpoint, body }) =>
        endpoint === 'speech' ? [body?.voice] : [],
      );
    const olga = await callIn(setup, 'Olga');
    const { length } = madeTexts(setup);
    const asked = olga.command('voice preview', { voice: 'echo' });
    const heard = await hearAnswer(olga, asked.sentAtMs);
    expect(await asked.answered(soon())).toMatchObject(
      whispered('voice.preview.aloud', { voice: 'echo' }),
    );
    const words = madeTexts(setup).slice(length);
    expect(words.join(' ')).toBe(text('voice.preview.words', { bot: 'Nova' }));
    await expectAlike(heard.pcm, toneOf(words));

    const file = await commandReply(sandbox.person('Ben'), 'voice preview', { voice: 'marin' });
    expect(file).toMatchObject(whispered('voice.preview.file', { voice: 'marin' }));
    expect(file.fileNames).toEqual(['voice.wav']);
    expect(new Set(spokenIn().slice(-2))).toEqual(new Set(['marin']));
  },
);

const luna: Persona = { name: 'Luna', instructions: 'You are dreamy.', voice: 'nova' };
const max: Persona = { name: 'Max', instructions: 'You are gruff.', voice: 'onyx' };

scenario(
  'two personas that are called by their names answer each with their own manner and voice',
  async () => {
    let heard = '';
    const replies = [
      { match: 'agree', text: 'Aye, that it does.' },
      { match: 'why', text: 'The sea told me.' },
      { match: '', text: 'The moon knows it all.' },
    ];
    await using setup = await openScenario({ providers: { hears: () => heard, replies } });
    const { providers } = setup;
    const read: string[] = [];
    setup.sandbox.onMessage(({ message }) => read.push(message.text));
    const olga = await callIn(setup, 'Olga');
    for (const persona of [luna, max]) {
      const file = { name: 'p.json', type: 'application/json' };
      const bytes = Buffer.from(personaFile(persona));
      await commandReply(olga, 'voice import', { file: { ...file, bytes } });
    }
    await commandReply(olga, 'settings set', { key: 'personas_answer', value: 'on' });
    await seat(setup, 'Ben'); // among several people a name is needed
    const asked = async (words: string) => {
      heard = words;
      const { length } = providers.requests;
      const { firstPacketAtMs } = await olga.say(speech('human-cards-001'), soon());
      await hearAnswer(olga, firstPacketAtMs);
      const made = providers.requests.slice(length);
      const voices = made.flatMap(({ endpoint, body }) =>
        endpoint === 'speech' ? [body?.voice] : [],
      );
      return { voices: new Set(voices), shown: chats(setup).at(-1) ?? [] };
    };
    const first = await asked('Luna, what do you think?');
    expect(first.voices).toEqual(new Set(['nova']));
    expect(first.shown[0]?.content).toMatch(/^You are dreamy\. Your name is Luna\./);
    const second = await asked('Max, do you agree?');
    expect(second.voices).toEqual(new Set(['onyx']));
    expect(second.shown[0]?.content).toMatch(/^You are gruff\. Your name is Max\./);
    expect(JSON.stringify(second.shown)).toContain('Luna: The moon knows it all.');
    const third = await asked('And why is that?');
    expect(third.voices).toEqual(new Set(['onyx']));
    expect(third.shown.at(-2)).toMatchObject({ role: 'assistant', content: 'Aye, that it does.' });
    await eventually(() =>
      expect(read.join('\n')).toContain(text('panel.persona', { persona: 'Max' })),
    );
  },
);
