import type { ChatMessage } from '#src/chat/chat-model.ts';
import { createStandIn } from '#src/chat/chat-stand-in-model.ts';
import { findCall, findIntent } from '#src/chat/stand-in/find-intent.ts';
import { abilities } from '#src/chat/stand-in/replies.ts';
import { foldText, getWordings } from '#src/chat/stand-in/wordings.ts';
import { tools } from '#src/features/features.ts';
import { textLocales } from '#src/texts/locales.ts';
import { formatText, type Locale } from '#src/texts/texts.ts';
import { findSuperlinear, repeatUnit } from '#test/regexps/measure-growth.ts';
import strange from './stand-in-strange.json' with { type: 'json' };
import utterances from './stand-in-utterances.json' with { type: 'json' };

function findRequestIntent(request: string, locale: Locale) {
  const context = { nowWallMs: 0, timeZone: 'UTC', botName: 'Nova', locale };
  return findIntent(request, context);
}

async function askStandIn(content: string, language: string) {
  const standIn = createStandIn({
    wallMs: () => Date.UTC(2026, 10, 29, 14, 5),
    timeZone: 'UTC',
    random: () => 0,
    botName: 'Nova',
  });
  const messages: readonly ChatMessage[] = [
    { role: 'system', content: '', language },
    { role: 'user', name: 'Adam', content },
  ];
  const replyStream = standIn.reply(messages, tools, new AbortController().signal);
  const texts = await Array.fromAsync(replyStream, (part) =>
    part.kind === 'text' ? part.text : '',
  );
  return texts.join('');
}

/** Lists requests for an ability: its wordings, with a time, a sound and a text. */
function listRequests(intent: (typeof abilities)[number]['intent'], locale: Locale) {
  if (intent === 'sum') return utterances[locale].sum;
  const { durationPattern, sounds, wordings } = getWordings(locale);
  const [time = ''] = utterances[locale].timer.flatMap(
    (timer) => foldText(timer).match(durationPattern) ?? [],
  );
  const [sound = ''] = Object.keys(sounds);
  return wordings[intent].map((wording) =>
    wording.replace('{time}', time).replace('{sound}', sound).replace('{text}', 'Ana'),
  );
}

/** A request is done by a call that its tool takes, or by an answer that is not the limit. */
async function whatBecomes(utterance: string, locale: Locale) {
  const foundIntent = findRequestIntent(utterance, locale);
  const call = foundIntent && findCall(foundIntent);
  const tool = tools.find(({ name }) => name === call?.name);
  const isDone = call
    ? 'effect' in { ...tool?.bind({}).parseArguments(JSON.stringify(call.input)) }
    : !(await askStandIn(utterance, locale)).includes('npm run setup');
  return { said: utterance, intent: foundIntent?.intent, isDone };
}

describe.each(textLocales)('in %s', (locale) => {
  test('the stand-in knows what people say first', () => {
    const expected = Object.entries(utterances[locale]).flatMap(([intent, texts]) =>
      texts.map((text) => [text, intent, locale]),
    );
    const matches = expected.map(([text = '']) => {
      const { intent, locale: language } = findRequestIntent(text, locale) ?? {};
      return [text, intent, language];
    });
    expect(matches).toEqual(expected);
  });

  test('a greeting in another language is answered in it', () => {
    const [text = ''] = utterances[locale].joke;
    const others = textLocales.map((other) => findRequestIntent(text, other)?.locale);
    expect(others).toEqual(textLocales.map(() => locale));
  });

  test('the stand-in takes at most 5 % of strange sentences for requests', () => {
    const taken = strange[locale].filter((text) => findRequestIntent(text, locale));
    expect(taken.length / strange[locale].length, taken.join('\n')).toBeLessThanOrEqual(
      0.05,
    );
  });

  test('each ability that the stand-in claims is done, for each of its wordings', async () => {
    const help = await askStandIn(utterances[locale].help[0] ?? '', locale);
    for (const { intent, text } of abilities) {
      expect(help).toContain(formatText(text, {}, locale));
      for (const utterance of listRequests(intent, locale))
        expect(await whatBecomes(utterance, locale)).toEqual({
          said: utterance,
          intent,
          isDone: true,
        });
    }
  });

  test('an unknown question meets the limit in the language of the person', async () => {
    const limit = formatText('standin.limit', { abilities: '' }, locale);
    expect(await askStandIn(strange[locale][0] ?? '', locale)).toContain(limit.trim());
  });
});

test.each([
  ['en', 'What day is it?', 'Today is Sunday, 29 November 2026.'],
  ['de', 'Welcher Tag ist heute?', 'Heute ist Sonntag, 29. November 2026.'],
  ['pt', 'que dia é hoje', 'Hoje é domingo, 29 de novembro de 2026.'],
  ['ja', '今何時ですか', '今の時刻は14:05です。'],
  ['ru', 'Что ты умеешь?', expect.stringMatching(/^I am only the built-in stand-in/)],
])('in %s, %j is answered truly', async (language, utterance, answer) =>
  expect(await askStandIn(utterance, language)).toEqual(answer),
);

test.each(['a', '1', '十', ' ', "'", '1 + ', 'zwei ', 'minuten ', '雨', '.,'])(
  'a request of %j, however often, is read in linear time',
  (unit) =>
    expect(
      findSuperlinear(
        (text) => findRequestIntent(text, 'ja'),
        repeatUnit(unit, ' one'),
      ),
    ).toBeUndefined(),
);

test('a reminder keeps the words of its asker', () => {
  const foundIntent = findRequestIntent(
    'Erinnere mich in 5 Minuten an den Müll!',
    'de',
  );
  expect(foundIntent && findCall(foundIntent)?.input).toEqual({
    when: 'in 300 seconds',
    text: 'den Müll',
  });
});
