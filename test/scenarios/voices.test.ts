import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply, whispered } from '#test/scenarios/setup/asking.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  converse,
  hearAnswer,
  madeTexts,
  openScenario,
  scenario,
  shownMessages,
  soon,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');

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

scenario(
  'a persona that is written in a form is who the bot is, and a form changes it',
  async () => {
    await using setup = await openScenario({
      providers: { replies: [{ match: /^/, text: 'Aye, that it is.' }] },
    });
    const lastSpeech = () =>
      setup.providers.requests.filter(({ endpoint }) => endpoint === 'speech').at(-1)?.body;
    const olga = await callIn(setup, 'Olga');
    const opened = olga.command('voice bot', { form: 'edit' });
    expect(await opened.asked(soon())).toMatchObject({ title: text('form.persona.edit') });
    const typed = { name: 'Captain', instructions: 'You are an old captain.', voice: 'onyx' };
    const saved = await olga.submit(opened, typed).answered(soon());
    expect(saved.text).toContain('From the next answer on I am Captain in ');
    await converse(setup, olga, question);
    expect(shownMessages(setup)[0]?.content).toMatch(
      /^You are an old captain\. Your name is Captain/,
    );
    expect(lastSpeech()).toMatchObject({ voice: 'onyx' });

    const again = olga.command('voice bot', { form: 'edit' });
    await again.asked(soon());
    await olga.submit(again, { name: 'Admiral', voice: 'echo' }).answered(soon());
    await converse(setup, olga, question);
    expect(shownMessages(setup)[0]?.content).toContain('Your name is Admiral.');
    expect(lastSpeech()).toMatchObject({ voice: 'echo' });
  },
);
