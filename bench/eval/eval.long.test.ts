import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toPersonId } from '#src/base/ids.ts';
import { readConfig } from '#src/config/config.ts';
import type { MockReply } from '#test/fakes/providers/mock-chat.ts';
import {
  instantPace,
  openMockProviders,
} from '#test/fakes/providers/mock-providers.ts';
import { hasPassed } from './eval-report.ts';
import { type EvalAnswer, parseScenes, readScenes } from './eval-scene.ts';
import { makeSetup } from './eval-setup.ts';
import { type EvalOutcome, evaluateSetup } from './evaluate.ts';
import { runEval } from './run-eval.ts';
import { checkScene, findWordMistakes } from './scene-rules.ts';

const folder = fileURLToPath(new URL('scenes', import.meta.url));
const scenes = await readScenes(folder);
const lines = scenes.flatMap(({ acts }) => acts.filter((act) => act.do === 'say'));
const wrongSentence = new Set(lines.map(({ answer }) => answer?.wrong));

type Model = {
  readonly textOf: (answer: EvalAnswer) => string;
  /** Whether the judge lets an answer pass. */
  readonly passesAnswer: (answer: string) => boolean;
  /** Evidence of the judge. Default: the beginning of the answer. */
  readonly quote?: string;
  /** Default: the one that is wanted. */
  readonly toolOf?: (answer: EvalAnswer) => string | undefined;
};

const goodModel: Model = {
  textOf: (answer) => answer.good,
  passesAnswer: (answer) => !wrongSentence.has(answer),
};
const badModel: Model = { ...goodModel, textOf: (answer) => answer.wrong };

/** Replies of a model that answers lines by the scene, and judges. */
function makeReplies({
  textOf,
  passesAnswer,
  quote,
  toolOf = ({ tool }) => tool,
}: Model): readonly MockReply[] {
  let next = '';
  return [
    {
      match: /\nRule: /,
      reply(question) {
        const [, answer = ''] = /\nAnswer: (.*)/.exec(question) ?? [];
        return JSON.stringify({
          passes: passesAnswer(answer),
          quote: quote ?? answer.slice(0, 12),
        });
      },
    },
    {
      match: /^/,
      callFor(newest) {
        const line = lines.findLast(
          ({ answer, say }) => answer && newest.includes(say),
        );
        if (!line?.answer) return undefined;
        next = textOf(line.answer);
        const name = toolOf(line.answer);
        const fields = name === 'volume' ? { change: -20 } : { when: 'in ten minutes' };
        return name === undefined
          ? undefined
          : { name, argumentsJson: JSON.stringify(fields) };
      },
      reply: () => next,
    },
  ];
}

/** Plays the scenes of a topic as text. */
async function playTopic(
  model: Model,
  topic: string,
  environment: Readonly<Record<string, string>> = {},
) {
  await using mock = await openMockProviders({
    replies: makeReplies(model),
    pace: instantPace,
  });
  const read = readConfig({ CHAT_COMPLETION_BASE_URL: mock.baseUrl, ...environment });
  if (read.kind === 'bad') throw new Error(read.mistakes.join('\n'));
  const setup = await makeSetup('mock', read.config);
  const chosen = scenes.filter((scene) => scene.topic.startsWith(topic));
  return await evaluateSetup(setup, {
    scenes: chosen,
    folder,
    isText: true,
    judging: setup,
  });
}

function listMistakes(outcome: EvalOutcome) {
  return outcome.scenes.flatMap(({ mistakes }) => mistakes);
}

const topics = [...new Set(scenes.map(({ topic }) => topic))];

test.each(topics)(
  'scenes about %s pass as text with the answers that they call good',
  async (topic) => {
    const outcome = await playTopic(goodModel, topic);
    expect(listMistakes(outcome)).toEqual([]);
    expect(hasPassed(outcome)).toBe(true);
    expect(outcome.usd).toBeGreaterThan(0);
  },
);

test('there are thirty scenes, each with a name of its own', () => {
  expect(scenes.length).toBeGreaterThanOrEqual(30);
  expect(new Set(scenes.map(({ name }) => name)).size).toBe(scenes.length);
});

test('every answer that a scene calls wrong breaks a pattern, or has a rule for the judge', async () => {
  for (const { answer } of lines) {
    if (!answer || answer.rubric) continue;
    expect(await findWordMistakes(answer, answer.wrong), answer.wrong).not.toEqual([]);
  }
});

test('a judge that lets a planted wrong answer pass fails the run', async () => {
  const outcome = await playTopic(
    { ...goodModel, passesAnswer: () => true },
    'honesty',
  );
  expect(listMistakes(outcome)).toEqual([]);
  expect(outcome.judgeMistakes[0]).toContain('passes the rule');
  expect(hasPassed(outcome)).toBe(false);
});

test('a bot that answers everybody, or nobody, fails', async () => {
  const eager = await playTopic(goodModel, 'addressing', { ADDRESSING: 'always' });
  expect(listMistakes(eager).join('\n')).toContain('uninvited, to ');
  const deaf = await playTopic(goodModel, 'addressing', { ADDRESSING: 'off' });
  expect(listMistakes(deaf).join('\n')).toContain(
    'no answer to Ana: "Nova, what is the capital',
  );
});

test('a tool that is not called, or called without need, fails', async () => {
  const idle = await playTopic({ ...goodModel, toolOf: () => undefined }, 'tools');
  expect(listMistakes(idle)).toContain('tool set_reminder: 0 calls in place of 1');
  const busy = await playTopic({ ...goodModel, toolOf: () => 'volume' }, 'names');
  expect(listMistakes(busy).join('\n')).toContain('tool volume: ');
});

test('a judge without evidence lets nothing pass', async () => {
  const outcome = await playTopic(
    { ...goodModel, quote: 'The moon is made of cheese.' },
    'honesty',
  );
  expect(listMistakes(outcome).join('\n')).toContain(
    'the judge quotes what nobody said',
  );
});

test('a stop must be heeded within 800 ms, and a name must be that of the person who asked', () => {
  const [scene] = scenes;
  const [line] = lines;
  if (!scene || !line) throw new Error('There are no scenes.');
  const saidLines = [
    { line: { ...line, stops: true as const }, fromMs: 0, toMs: 500, soundedMs: 900 },
  ];
  const answered = {
    kind: 'answered' as const,
    answerId: 1,
    speakerId: toPersonId('ana'),
    name: line.who,
    text: 'Ben, it is Paris.',
    heardText: 'Ben, it is Paris.',
    finish: 'completed' as const,
    instants: { heardAtMs: 0, endedAtMs: 0 },
  };
  const { mistakes } = checkScene({
    scene,
    saidLines,
    events: [{ atMs: 600, event: answered }],
  });
  expect(mistakes).toEqual([
    `sounds 900 ms after "${line.say}"`,
    'calls Ana Ben: "Ben, it is Paris."',
  ]);
});

test('a mistake in a scene is told with its place', () => {
  const scene = {
    name: 'a',
    people: 1,
    acts: [{ do: 'say', who: 'Ana', say: 'Hi', sey: 1 }],
  };
  expect(() => parseScenes('own.json', [scene])).toThrow(
    'own.json, scene 1, acts.0: Unrecognized key: "sey"',
  );
  const pattern = { says: ['('], good: 'Yes.', wrong: 'No.' };
  const acts = [{ do: 'say', who: 'Ana', say: 'Hi', answer: pattern }];
  expect(() => parseScenes('own.json', [{ ...scene, acts }])).toThrow(
    'acts.0.answer.says.0: is no regular expression',
  );
  const stranger = {
    name: 'a',
    people: 1,
    acts: [{ do: 'say', who: 'Ben', say: 'Hi' }],
  };
  expect(() => parseScenes('own.json', [stranger])).toThrow(
    '"a": Ben is not in a scene of 1.',
  );
});

test('two set-ups stand side by side, with price, failures and exit code', async () => {
  const placeName = await mkdtemp(join(tmpdir(), 'parley-eval-'));
  const files: string[] = [];
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(placeName, { recursive: true }));
  for (const [name, model] of Object.entries({ good: goodModel, bad: badModel })) {
    const replies = makeReplies(model);
    const mock = stack.use(await openMockProviders({ replies, pace: instantPace }));
    const file = join(placeName, `${name}.env`);
    await writeFile(file, `CHAT_COMPLETION_BASE_URL=${mock.baseUrl}\n`);
    files.push(file);
  }
  const printed: string[] = [];
  const printText = (text: string) => void printed.push(text);
  const code = await runEval(
    ['--text', '--compare', '--only', 'tools', ...files],
    printText,
  );
  const all = printed.join('\n');
  expect(code).toBe(1);
  expect(all).toMatch(/^4 scenes as text, about US\$ \d/);
  expect(all).toMatch(/tools +4 of 4 +1 of 4\n/);
  expect(all).toContain(
    'tools, a timer is set once: has /cannot/: "I cannot set a timer."',
  );
});

test('a scene that is spoken in the sandbox is heard, answered, judged and paid for', async () => {
  const scenes = (await readScenes(folder)).filter(({ name }) =>
    name.startsWith('alone with it'),
  );
  const replies = [{ match: /^/, text: 'A week has seven days.' }];
  await using mock = await openMockProviders({
    replies,
    hears: 'How many days does a week have?',
  });
  const servers = ['TRANSCRIPTION', 'CHAT_COMPLETION', 'SPEECH'];
  const addresses = servers.map((role) => [`${role}_BASE_URL`, mock.baseUrl]);
  const read = readConfig(Object.fromEntries(addresses));
  if (read.kind === 'bad') throw new Error(read.mistakes.join('\n'));
  const setup = await makeSetup('mock', read.config);
  const outcome = await evaluateSetup(setup, {
    scenes,
    folder,
    isText: false,
    judging: setup,
  });
  expect(outcome.scenes).toEqual([{ scene: scenes[0], mistakes: [] }]);
  expect(outcome.answerMs).toBeGreaterThan(0);
  expect(outcome.usd).toBeGreaterThan(0);
});
