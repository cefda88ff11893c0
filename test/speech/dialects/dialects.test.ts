import { expect, test } from 'vitest';
import { openEngines } from '#src/app/engines/engines.ts';
import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import { good } from '#test/config/read-settings.ts';
import { FakeHost, said, textOf, turnOf } from '#test/contracts/pipeline.ts';
import { textOf as wordsOf } from '#test/contracts/transcriber.ts';
import { openRecipe, readRecipes } from '#test/fakes/dialects/recipes.ts';
import { tone } from '#test/fakes/providers/sound.ts';
import { hearWords, speakWords } from '#test/fakes/spoken-words.ts';

const never = new AbortController().signal;
const answer = 'Two of them. The other one is on its way.';
const replies = [
  { match: 'again', call: { name: 'lamp', argumentsJson: '{"on":true}' } },
  { match: 'done', text: 'The lamp is on.' },
  { match: /./, text: answer },
];
const behind = { hears: hearWords, replies };
const recipes = [...(await readRecipes())];
const spoken = speakWords('nova one two three');

/** All sound of each clause. */
function soundsOf(parts: readonly ReplyPart[]): ReadonlyMap<string, Pcm> {
  const clauses = new Map<string, Pcm[]>();
  for (const part of parts) {
    if (part.kind !== 'audio') continue;
    const { ofText = '', pcm } = part;
    clauses.set(ofText, [...(clauses.get(ofText) ?? []), pcm]);
  }
  return new Map(
    [...clauses].map(([text, pieces]) => [
      text,
      { ...(pieces[0] as Pcm), samples: joinSamples(pieces.map(({ samples }) => samples)) },
    ]),
  );
}

test.each(recipes)(
  '%s: with the settings of its recipe it is heard, if it hears, thought and spoken',
  async (title) => {
    await using kitchen = await openRecipe(title, behind);
    const isRemote = title !== 'Ollama';
    // The embedded recogniser has tests of its own, and loads for seconds.
    const unheard = { TRANSCRIPTION_BASE_URL: 'http://127.0.0.1:9/v1' };
    const config = good({ ...(isRemote ? {} : unheard), ...kitchen.environment });
    await using engines = await openEngines(config, () => {});
    const heard = isRemote ? await wordsOf(engines.transcriber, spoken.pcm) : spoken.text;
    expect(heard.toLowerCase()).toBe(spoken.text);
    const host = new FakeHost();
    host.release();
    const pipeline = chained({ chat: engines.chat('Nova'), synthesizer: engines.synthesizer });
    const parts = await Array.fromAsync(pipeline.answer(turnOf(said(heard)), host, never));
    expect(textOf(parts)).toBe(answer);
    expect(host.spendings).toHaveLength(1);
    const sounds = soundsOf(parts);
    expect([...sounds.keys()]).toEqual(['Two of them.', 'The other one is on its way.']);
    for (const [clause, { samples, rateHz }] of isRemote ? sounds : []) {
      expect(samples).toEqual(tone(clause, rateHz));
    }
  },
);
