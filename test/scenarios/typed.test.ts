import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  eventually,
  hearAnswer,
  openScenario,
  scenario,
  soon,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

const answer = 'Two nine three four zero.';
const lounge = { channel: 'Lounge' };

scenario(
  'a line that mentions the bot in the chat of its channel is answered there, and aloud',
  async () => {
    await using setup = await openScenario({
      providers: { replies: [{ match: '', text: answer }] },
    });
    const { sandbox } = setup;
    const adam = await callIn(setup, 'Adam');
    const replies = () => sandbox.messages('Lounge').filter(({ text }) => text === answer);
    adam.write('Nobody is asked by this.', lounge);
    const asked = adam.write(`<@${sandbox.botId}> what is the code?`, lounge);
    const heard = await hearAnswer(adam, asked.atMs);
    await expectAlike(heard.pcm, toneOf([answer]));
    await eventually(() => expect(replies()).toHaveLength(1));
    const [reply] = replies();
    adam.write('And once more?', { ...lounge, ...(reply && { replyTo: reply }) });
    await eventually(() => expect(replies()).toHaveLength(2));
    const questions = setup.providers.requests.filter(({ endpoint }) => endpoint === 'chat');
    expect(JSON.stringify(questions.at(-1)?.body)).toContain('what is the code?');
    expect(JSON.stringify(questions)).not.toContain('Nobody is asked by this.');
  },
);

scenario(
  'who chose written answers asks by voice and reads the answer, with a mention, and hears nothing',
  async () => {
    const words = 'what is the code';
    await using setup = await openScenario({
      providers: { replies: [{ match: '', text: answer }], hears: () => words },
    });
    const { sandbox } = setup;
    const adam = await callIn(setup, 'Adam');
    const saved = await adam.command('voice me', { answers: 'written' }).answered(soon());
    expect(saved.text).toContain(text('voice.answers.written'));
    await adam.say(speech('human-goforward'), soon());
    const written = () => sandbox.messages('Lounge').filter((one) => one.text.includes(answer));
    await eventually(() => expect(written()).toMatchObject([{ text: `<@${adam.id}> ${answer}` }]));
    const spoken = setup.providers.requests.filter(({ endpoint }) => endpoint === 'speech');
    expect(JSON.stringify(spoken.map(({ body }) => body))).not.toContain('nine');
  },
);
